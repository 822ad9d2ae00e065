"""The portal's texts in English and Chinese; the English text is the key."""

CHINESE = {
    "Purchasing portal": "采购门户",
    "Log in": "登录",
    "User": "用户",
    "Password": "密码",
    "User or password is wrong.": "用户名或密码错误。",
    "Your session has ended. Log in again.": "会话已结束，请重新登录。",
    "Home": "首页",
    "Orders": "订单",
    "New order": "新建订单",
    "Log out": "退出",
    "Order number": "订单号",
    "Order date": "订单日期",
    "Supplier": "供应商",
    "Currency": "币种",
    "Tax": "税额",
    "Total": "合计",
    "Lines": "明细",
    "Code": "编码",
    "Description": "名称",
    "Quantity": "数量",
    "Unit price": "单价",
    "Amount": "金额",
    "Add line": "添加行",
    "Submit order": "提交订单",
    "Search": "查询",
    "Orders found": "查到的订单",
    "Next page": "下一页",
    "Confirmation": "确认号",
    "The order was received.": "订单已受理。",
    "Show the order": "查看订单",
    "The order was not accepted": "订单未被受理",
    "Something went wrong": "系统出错",
    "Type a part of the name": "输入名称的一部分",
}


def translate(text: str, language: str) -> str:
    """Return *text* in *language*, or unchanged if there is no translation."""
    return CHINESE.get(text, text) if language == "zh" else text
