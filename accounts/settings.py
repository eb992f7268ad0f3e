"""Values the office may change from a date on. What there is and what holds at first is listed here."""

import datetime
from dataclasses import dataclass

from accounts.models import Setting
from lianhu.kit import clock


@dataclass(frozen=True)
class Definition:
    """A whole number between `least` and `most`, in `unit`."""

    label: str
    first: int
    least: int
    most: int
    unit: str
    help: str = ""


# Contract, section 8.
DEFINITIONS = {
    "password_length": Definition("密码最少位数", 10, 8, 64, "位"),
    "password_kinds": Definition("密码至少含几类字符", 3, 1, 4, "类", "大写、小写、数字、符号"),
    "lock_failures": Definition("连续输错几次后锁定", 5, 3, 20, "次", "只锁没有用过的设备"),
    "lock_minutes": Definition("锁定多久", 15, 1, 1440, "分钟"),
    "idle_minutes": Definition("电脑上多久不操作就退出", 30, 5, 480, "分钟"),
    "phone_days": Definition("自己的手机上保持登录", 14, 1, 60, "天"),
    "activation_days": Definition("激活码有效", 14, 1, 90, "天"),
    "id_number_years": Definition("销户后多久清除身份证号", 1, 1, 30, "年"),
    "digest_from_hour": Definition("从几点开始发送每日提醒", 8, 7, 12, "点", "只在工作日发送"),
    "digest_to_hour": Definition("到几点停止发送每日提醒", 18, 13, 20, "点", "没发完的下一个工作日再发"),
    "amend_days": Definition("走访后几天内可以修改记录", 7, 1, 60, "天", "过后只能补充"),
    "backfill_after_days": Definition(
        "下乡结束几天后录入算补录", 7, 1, 60, "天", "补录由单位负责人批准后计入"
    ),
    "reply_days_village": Definition("村级几天内答复", 7, 1, 60, "天", "从挂号日期算起"),
    "reply_days_township": Definition("乡级几天内答复", 15, 1, 60, "天", "从挂号日期算起"),
    "reply_days_county": Definition("县级几天内答复", 30, 1, 60, "天", "从挂号日期算起"),
    "assign_workdays": Definition("挂号后几个工作日内交办", 3, 1, 30, "个工作日"),
    "extension_most_days": Definition("延期最多几天", 30, 1, 30, "天", "只能延期一次"),
    "reply_most_days": Definition("连同延期最晚几天内答复", 60, 7, 60, "天", "从挂号日期算起"),
    "due_soon_days": Definition("到期前几天算临期", 3, 1, 15, "天"),
    "public_notice_days": Definition("公示几天", 7, 1, 60, "天", "从公示的第二天算起"),
    "download_days": Definition("导出的文件保存", 3, 1, 30, "天", "过后自动删除，要用再导出"),
    "photo_years": Definition("照片保存", 3, 1, 30, "年"),
    "declined_filing_years": Definition("不予受理的群众反映保存", 1, 1, 30, "年", "到期清除姓名、电话和内容"),
}


def setting(name: str, *, on: datetime.date | None = None) -> int:
    """The value that holds on the day, today unless said. Raise KeyError for a name that is not listed."""
    definition = DEFINITIONS[name]
    rows = Setting.objects.filter(name=name, begins_on__lte=on or clock.today()).order_by("-begins_on")
    value = rows.values_list("value", flat=True).first()
    return definition.first if value is None else value
