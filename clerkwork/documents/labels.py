"""The labels that stand beside values on orders and invoices, and how they are recognised.

A new synonym is one more word in a table here. Roles that start with ``other`` name values that
are not taken but must not be mistaken for one that is.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from clerkwork.documents.parsers import normal
from clerkwork.documents.words import Token, is_cjk

FIELDS: dict[str, str] = {
    "order_number": "po number|po no|po no.|po #|p.o. number|p.o. no.|purchase order number|"
    "purchase order no|purchase order no.|order number|order no|order no.|order #|order id|"
    "your order|our order no.|订单编号|订单号|订单号码|采购单号|采购订单号|采购订单编号|订购单号|合同编号|合同号|单号|编号",
    "invoice_number": "invoice number|invoice no|invoice no.|invoice #|invoice id|inv no|inv no.|"
    "tax invoice no.|bill no.|发票号码|发票号|发票编号|账单编号|票据号码",
    "order_date": "order date|po date|p.o. date|purchase order date|date of order|invoice date|"
    "date of issue|issue date|date issued|date|下单日期|订单日期|订购日期|采购日期|开票日期|发票日期|签订日期|制单日期|日期",
    "supplier": "supplier|supplier name|vendor|vendor name|seller|sold by|from|issued by|"
    "供应商|供应商名称|供货商|供货方|供方|供货单位|销售方|销售方名称|销货单位|卖方|乙方",
    "buyer": "buyer|customer|bill to|billed to|ship to|sold to|deliver to|invoice to|purchaser|"
    "client|to|采购方|购买方|购买方名称|购货单位|买方|需方|客户|客户名称|收货方|收货单位|甲方|采购单位",
    "currency": "currency|ccy|币种|货币|结算币种",
    "subtotal": "subtotal|sub total|sub-total|net total|net amount|total net|total before tax|"
    "total excl. tax|total excl. vat|小计|不含税金额|金额合计|不含税合计|货款小计",
    "tax": "tax|vat|gst|sales tax|total tax|tax amount|vat amount|total vat|mwst|税额|税金|税额合计|增值税|增值税额",
    "total": "total|order total|grand total|total due|amount due|total amount|balance due|"
    "invoice total|total payable|total incl. tax|total incl. vat|total including vat|amount payable|"
    "合计|总计|总额|总金额|价税合计|订单总额|订单金额|应付总额|应付金额|含税总额|含税合计|合计金额",
    "words": "大写|大写金额|金额大写|合计大写|合计金额大写|人民币大写|价税合计(大写)",
    "other_date": "due date|delivery date|ship date|required date|payment due|expected date|"
    "required by|交货日期|到货日期|付款期限|付款日期|交付日期|到期日|交期|有效期",
    "other": "vat id|vat no|vat no.|vat reg no|tax id|phone|tel|fax|email|e-mail|address|terms|"
    "payment terms|contact|attn|page|website|iban|bic|swift|bank|account|account no.|notes|"
    "remarks|shipping|freight|discount|纳税人识别号|税号|联系电话|电话|传真|邮箱|地址|联系人|开户行|账号|银行账号|"
    "付款方式|备注|页|运费|折扣|开票人|复核|收款人|制单人|审核",
}
COLUMNS: dict[str, str] = {
    "index": "#|no|no.|pos|pos.|line|sn|s/n|序号|行号|项次|序",
    "item": "item|product|article|goods",
    "code": "item code|item no|item no.|code|sku|part no|part no.|part number|product code|"
    "article no.|item number|material|material no.|物料编码|物料编号|物料号|商品编码|商品编号|货号|编码|产品编码|料号|型号编码",
    "description": "description|item description|product description|description of goods|details|"
    "particulars|goods description|品名规格|品名|名称|货物名称|商品名称|产品名称|物料名称|物料描述|描述|规格型号|规格|"
    "品名及规格|货物或应税劳务名称|项目名称|型号",
    "quantity": "qty|qty.|quantity|order qty|数量|采购数量|订购数量",
    "unit": "unit|uom|u/m|units|单位|计量单位",
    "unit_price": "unit price|price|unit cost|rate|price/unit|price each|net price|单价|不含税单价|含税单价|单价(元)",
    "amount": "amount|line total|total|ext. price|extended price|net amount|line amount|total price|value|"
    "金额|小计|总价|金额(元)|不含税金额|合计",
    "other_tax": "tax|vat|vat %|tax rate|gst|税率|税额",
    "other": "discount|disc.|delivery|date|due|remarks|折扣|交期|交货日期|备注",
}
TITLES: dict[str, str] = {
    "purchase_order": "purchase order|order form|采购订单|采购单|订购单|订货单|采购合同|购销合同",
    "invoice": "invoice|tax invoice|commercial invoice|sales invoice|rechnung|发票|销售发票|增值税发票|"
    "增值税专用发票|增值税普通发票|电子发票|形式发票|商业发票",
}
AFTER = " :;,.>*=|-–—。、；：·"


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A label at the start of some words.

    Attributes:
        role: What it labels.
        label: The synonym that matched.
        tokens: The words of the label.
        rest: The words after it.
        exact: Whether every letter matched.
    """

    role: str
    label: str
    tokens: tuple[Token, ...]
    rest: tuple[Token, ...]
    exact: bool


def _table(source: dict[str, str]) -> list[tuple[str, str, str]]:
    rows = [
        (compact(label), label, role)
        for role, labels in source.items()
        for label in labels.split("|")
    ]
    return sorted(rows, key=lambda row: -len(row[0]))


def compact(text: str) -> str:
    """Return *text* as labels are compared: half-width, lower case, without blanks."""
    return normal(text).lower().replace(" ", "")


_FIELDS, _COLUMNS, _TITLES = _table(FIELDS), _table(COLUMNS), _table(TITLES)


def match_field(tokens: Sequence[Token]) -> Match | None:
    """Return the label of a field that *tokens* start with, the longest one, or None."""
    return _match(tokens, _FIELDS)


def match_title(text: str) -> str | None:
    """Return the kind of document that *text*, as a whole, is the title of, or None."""
    plain = compact(text).strip(AFTER)
    return next((role for label, _, role in _TITLES if label == plain), None)


def match_columns(row: Sequence[Token]) -> list[Match]:
    """Return the column headings in a row from the left; words that are none are passed over."""
    found: list[Match] = []
    rest = tuple(row)
    while rest:
        match = _match(rest, _COLUMNS)
        if match is None:
            head = rest[0]
            skip = 1 if not is_cjk(head.text[0]) and head.text[0].isalnum() else 0
            inner = (head.cut(1),) if not skip and len(head.text) > 1 else ()
            rest = (*inner, *rest[1:])
        else:
            found.append(match)
            rest = match.rest
    return found


def _match(tokens: Sequence[Token], table: list[tuple[str, str, str]]) -> Match | None:
    text, places = _flat(tokens)
    for fuzzy in (False, True):
        for plain, label, role in table:
            if not _same(text[: len(plain)], plain, fuzzy=fuzzy):
                continue
            if not _ends(places, len(plain), text):
                continue
            used, rest = _split(tokens, places, len(plain), text)
            return Match(role=role, label=label, tokens=used, rest=rest, exact=not fuzzy)
    return None


def _flat(tokens: Sequence[Token]) -> tuple[str, list[tuple[int, int]]]:
    text, places = "", []
    for index, token in enumerate(tokens):
        for position, char in enumerate(token.text):
            for plain in compact(char):
                text += plain
                places.append((index, position))
        if len(text) > 60:
            break
    return text, places


def _same(text: str, label: str, *, fuzzy: bool) -> bool:
    if not fuzzy:
        return text == label
    wrong = sum(1 for a, b in zip(text, label, strict=False) if a != b)
    allowed = 1 if len(label) >= (4 if is_cjk(label[0]) else 7) else 0
    return len(text) == len(label) and wrong <= allowed


def _ends(places: list[tuple[int, int]], size: int, text: str) -> bool:
    """Return whether a word ends after *size* characters."""
    if size >= len(text):
        return True
    before, after = text[size - 1], text[size]
    if places[size - 1][0] != places[size][0]:
        return not (is_cjk(before) and is_cjk(after)) or places[size][0] > places[size - 1][0]
    if is_cjk(before):
        return not is_cjk(after)
    return not (before.isalnum() and after.isalnum())


def _split(
    tokens: Sequence[Token], places: list[tuple[int, int]], size: int, text: str
) -> tuple[tuple[Token, ...], tuple[Token, ...]]:
    end = size
    while end < len(text) and text[end] in AFTER:
        end += 1
    used = tuple(tokens[: places[size - 1][0] + 1])
    if end >= len(text):
        last = places[-1][0]
        return used, tuple(tokens[last + 1 :])
    index, position = places[end]
    head = tokens[index].cut(position) if position else tokens[index]
    return used, (head, *tokens[index + 1 :])
