"""Functions that tests of finding fields run on a page, in the browser's process."""

from clerkwork import Screen
from clerkwork.browser.page.item_values import Part
from clerkwork.browser.page.screen import PlaywrightScreen
from clerkwork.browser.records.fill import Fields
from clerkwork.browser.records.login import go_to
from clerkwork.model.project.target_form import TargetField

_NEW = """<label>Order date<input name=date></label><label>Supplier<input name=who></label>"""
_LEGENDS = """<fieldset><legend>Order date</legend><input name=date></fieldset>
<fieldset><legend>Supplier</legend><input name=who></fieldset>"""
_BARE = "<input placeholder='Order date' name=date><input placeholder=Supplier name=who>"
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
    "hint": "<label>Order date<span style='position:relative;display:inline-block'>"
    "<input name=ghost readonly style='position:absolute;left:0;top:0'>"
    "<input name=date style='position:relative'></span></label><label>Supplier<input></label>",
    "in elements": "<table><tr><th>Supplier<th>Order date<tr><td><input name=who><td><x-box>"
    "<template shadowrootmode=open><input name=date></template></x-box></table>",
    "covered form": "<h1>Order</h1><label>订单<input name=date id=date></label>"
    "<label>Supplier<input name=who></label><div style='position:fixed;left:0;top:0;width:100%;"
    "height:300px;background:#fff'>Your session ends soon</div>"
    "<section style='margin-top:500px'><label>Order date<input name=old></label>"
    "<label>Supplier<input name=other></label></section>",
    "open form": "<h1>Order</h1><label>Order date<input name=date id=date></label>"
    "<label>Supplier<input name=who></label>",
    "under a heading": "<h2>Travel</h2><input placeholder=Who name=who>"
    "<input placeholder=When name=date>",
    "explained": "<label>Number<input name=date><div>Number of the order</div></label>"
    "<label>Order number<input name=who></label>",
    "mirrored": "<table dir=rtl><tr><td>Order date<td><input name=date><td>Supplier<td>"
    "<input name=who></table>",
    "cell without a row": "<div role=table><div role=cell><label>Order date <input name=date>"
    "</label></div></div><label>Supplier <input name=who></label>",
    "value": "<p><span>Order date</span><input name=date><p><span>Sort by</span><span tabindex=0"
    " role=combobox style='display:inline-block;width:9em'>Order date</span>",
    "sign": "<p><label><i title='Order date'>&#xf073;</i></label><input name=date>"
    "<p><span>Supplier</span><i title='Order date'>&#xf05a;</i><input name=who>",
    "currency sign": "<div><label>Order date</label><div style='display:flex'><span>$</span>"
    "<input name=date></div><input type=range name=who></div><label>Supplier<input></label>",
    "scrolled pane": "<div style='height:200px;overflow:auto' id=pane><p><label>Order date<br>"
    "<input name=date></label>" + "<p>Terms" * 40 + "<p><label>Supplier<br><input name=who></label>"
    "</div><script>pane.scrollTop = 1e6</script>",
    "twice in a pane": "<div style='height:200px;overflow:auto' id=pane><p>Order date<br>"
    "<input name=date>" + "<p>Terms" * 40 + "<p>Order date<br><input name=old></div>"
    "<script>pane.scrollTop = 1e6</script>",
    "sticky header": "<div style='height:200px;overflow:auto' id=pane><header style='position:"
    "sticky;top:0;height:90px;background:#fff'>Head</header><p><label>Order date<br>"
    "<input name=date></label>" + "<p>Terms" * 40 + "</div><script>pane.scrollTop = 60</script>",
    "pop-up in a closed box": "<div style='height:0;overflow:hidden'><div style='position:fixed;"
    "top:20px'><label>Order date<input name=date></label></div></div><div style='height:0;"
    "overflow:hidden'><label>Order date<input name=old></label></div>",
    "built in view": """<div style='height:200px;overflow:auto' id=pane>
    <div style='height:3000px;position:relative' id=room></div></div><script>
    pane.onscroll = () => {
      room.innerHTML = "";
      const first = Math.max(0, Math.floor(pane.scrollTop / 50) - 1);
      for (let line = first; line < Math.min(60, first + 7); line += 1) {
        const field = {0: "Order date <input name=date>", 59: "Order date <input name=old>"}[line];
        room.insertAdjacentHTML("beforeend",
          `<label style='position:absolute;top:${line * 50}px'>${field || "Terms"}</label>`);
      }
    };
    pane.onscroll();
    pane.scrollTop = 1e6;
    pane.onscroll();
    </script>""",
    "mirrored pane": "<div dir=rtl style='width:300px;overflow:auto'><table style='width:2000px'>"
    "<tr><th>Supplier<th>Order date<tr><td><input name=who><td><input name=date></table></div>",
    "sections": f"<h1>Orders</h1><div>{_NEW}</div>",
    "sections with a copy": "<h1>Orders</h1><section><h2>Earlier version</h2>"
    f"{_NEW.replace('name=', 'name=old-')}</section><div>{_LEGENDS}</div>",
    "placeholders": f"<h1>Orders</h1><div>{_BARE}</div>",
    "placeholders with a note": "<h1>Orders</h1><section><h2>Reminder</h2><button>Set</button>"
    f"</section><div>{_BARE}</div>",
    "short": "<label>Order date<input name=date maxlength=6></label>",
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


def write_date(screen: PlaywrightScreen, text: str) -> dict[str, str]:
    """Write a text into a field that takes six characters, and return what it shows."""
    open_form(screen, "short")
    go_to(screen, "/form")
    part = Part(path="date", text=text, typed=text, field=TargetField(words="Order date"))
    fields = Fields(screen)
    fields.write([part])
    return fields.shown([part])


def shown_after_rebuild(screen: PlaywrightScreen) -> dict[str, str]:
    """Fill a field, have the page rebuild all fields without its text, and read it back."""
    open_form(screen, "before")
    part = Part(path="date", text="3 May", typed="3 May", field=TargetField(words="Order date"))
    fields = Fields(screen)
    fields.find([part])
    screen.page.locator("[name=date]").fill(part.typed)
    screen.page.evaluate(
        """() => document.querySelectorAll("input").forEach(element => {
          const anew = element.cloneNode();
          anew.value = "";
          element.replaceWith(anew);
        })"""
    )
    return fields.shown([part])


def scrolled_by_looking(screen: PlaywrightScreen) -> list[int]:
    """Look for a field at the far end of a pane, and return how far pane and page are scrolled."""
    open_form(screen, "scrolled pane")
    screen.page.evaluate("() => { pane.scrollTop = 0; }")
    screen.field("Supplier")
    return list(screen.page.evaluate("() => [pane.scrollTop, scrollY]"))
