"""Functions that tests of finding fields run on a page, in the browser's process."""

from clerkwork import Screen

FORMS = {
    "labels": "<label>Order date<input name=date></label><label>Supplier<input name=who></label>",
    "beside": "<p><span>Order date</span><input name=date><p><b>Supplier</b><input name=who>",
    "below": "<div><input name=who><div>Supplier</div></div><div><input name=date><div>Order date"
    "</div></div>",
    "grid": "<table><tr><th>Supplier<th>Order date<tr><td><input name=who><td><input name=date>"
    "</table>",
    "decorated": "<label>* Order date (required): <input name=date></label><input name=who>",
    "synonym": "<label>Vendor <input name=who></label>"
    "<label>Date of order<input name=date></label>",
    "chinese": "<label>供应商：<input name=who></label><label>订单日期 <input name=date></label>",
    "hidden twin": "<label style='opacity:0;position:absolute'>Order date<input name=old></label>"
    "<label>Order date<input name=date></label>",
    "far twin": "<label style='position:absolute;left:-999px'>Order date<input name=old></label>"
    "<label>Order date<input name=date></label>",
    "frame": "<iframe srcdoc='<label>Order date<input name=date></label>'></iframe>",
    "shadow": "<div><template shadowrootmode=open><label>Order date<input name=date></label>"
    "</template></div>",
    "nested": "<iframe srcdoc='<div><template shadowrootmode=open><label>Order date"
    "<input name=date></label></template></div>'></iframe>",
    "nested renamed": "<iframe srcdoc='<div><template shadowrootmode=open><label>Zyx"
    "<input name=date></label></template></div>'></iframe>",
    "greyed": "<label>Order date<input name=old disabled></label>"
    "<label>Order date<input name=date></label>",
    "late": "<p id=slot>Please wait</p><script>setTimeout(() => { slot.innerHTML ="
    " '<label>Order date<input name=date></label>'; }, 300)</script>",
    "twice": "<label>Order date<input name=date></label><label>Order date<input name=old></label>",
    "gone": "<label>Supplier<input name=who></label>",
    "renamed": "<label>Zyx <input name=z1></label><label>Supplier <input name=who></label>"
    "<label>Remarks <input name=text></label>",
    "before": "<label>Order date <input name=date></label><label>Supplier <input name=who></label>"
    "<label>Remarks <input name=text></label>",
    "popup": "<label>Order date<input name=date></label><div style='position:fixed;inset:0;"
    "background:#fff'>Your session ends soon</div>",
    "lines": "<table><tr><th>Code<th>Quantity<tr><td><input><td><input><tr><td><input><td>"
    "<input name=date></table>",
}


def open_form(screen: Screen, form: str) -> None:
    """Show a form; templates of shadow roots need a page that is loaded, not set."""
    screen.page.route(
        "**/form",
        lambda route: route.fulfill(
            body=f"<!doctype html><meta charset=utf-8><body>{FORMS[form]}", content_type="text/html"
        ),
    )
    screen.page.goto(screen.base_url + "/form")


def fill_date(screen: Screen, form: str, words: str = "Order date", row: int | None = None) -> str:
    """Fill the field and return the name of the one that holds the text then."""
    open_form(screen, form)
    screen.field(words, row=row).fill("3 November")
    names = [
        element.get_attribute("name")
        for frame in screen.page.frames
        for element in frame.locator("input").all()
        if element.input_value() == "3 November"
    ]
    return " ".join(names)
