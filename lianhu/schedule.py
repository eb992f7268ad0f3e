"""The one list of what happens by the clock (contract 5 to 8). Beat only asks for the tick (lianhu/celery.py).

Each `run` is repeatable, and late-safe: it reckons from what is there what is still to be done.
"""

import datetime
from typing import Any

from celery import shared_task
from django.core.exceptions import PermissionDenied

from accounts import digests, downloads, jobs, lockout, phones
from accounts.models import Job, User
from accounts.schedule import Entry, Every, Say, daily, forget_runs, hourly, run_entry, run_now, tick
from accounts.sessions import SessionStore
from grievances import attachments, deadlines, escalation, family_reminders, public_files, sms
from grievances.erasure import forget_declined
from lianhu.backup.keeping import nightly
from lianhu.doors.imports import sweep_uploads
from lianhu.kit import clock
from registry import audit_check, retention
from registry.models import Role
from registry.people import in_service
from registry.scope import scope_of
from reports import reminders
from reports.quarterly.rules import due_on, quarter_of
from reports.quarterly.services import make_drafts
from reports.quotas.freeze import freeze_due
from reports.quotas.stored import drain, store_all
from visits import activity_files, partials, photos

Moment = datetime.datetime
Date = datetime.date

_OFFICE_HOURS = range(8, 18)


def _day(now: Moment) -> Date:
    return now.astimezone(clock.SHANGHAI).date()


def _counted(words: str, count: int) -> str | None:
    return words.format(count) if count else None


# --- figures ---------------------------------------------------------------------------------


def figures_nightly(now: Moment, say: Say) -> str:
    return f"重算了 {store_all(_day(now), say=say)} 个期间"


def figures_touched(now: Moment, say: Say) -> str | None:
    return _counted("更新了 {} 处改动", drain(_day(now), say=say))


def freeze_figures(now: Moment, say: Say) -> str | None:
    return _counted("定格了 {} 个期间", freeze_due(now, say=say))


def quarterly_drafts(now: Moment, say: Say) -> str | None:
    return _counted("生成了 {} 份草稿", make_drafts(on=_day(now)))


def _drafting_days(first: Date, last: Date) -> list[Date]:
    """A quarter's last day, and until the reports are due, so that what failed on it is made up for."""
    days = (first + datetime.timedelta(days=place) for place in range((last - first).days + 1))
    return [day for day in days if day == quarter_of(day).last or day <= due_on(quarter_of(day).previous())]


def remind_owing(now: Moment, say: Say) -> str | None:
    told = reminders.remind_owing(on=_day(now))
    return f"提醒了 {told.cadres} 名干部、{told.units} 个单位" if any(told) else None


# --- the ledger ------------------------------------------------------------------------------


def escalate_overdue(now: Moment, say: Say) -> str | None:
    return _counted("提醒了 {} 人", escalation.escalate_overdue(_day(now)))


def remind_of_families(now: Moment, say: Say) -> None:
    family_reminders.remind(_day(now))


def send_family_sms(now: Moment, say: Say) -> str | None:
    return _counted("处理了 {} 条", sms.send(now))


def keep_dates(now: Moment, say: Say) -> str | None:
    """A date for what has none; what was 暂定, once its year is known."""
    deadlines.fill_due()
    return _counted("重排了 {} 件的期限", deadlines.reschedule())


# --- people and messages ---------------------------------------------------------------------


def make_digests(now: Moment, say: Say) -> str | None:
    return _counted("汇总了 {} 人的消息", digests.make(now, among=in_service(_day(now))))


def send_digests(now: Moment, say: Say) -> str | None:
    return _counted("处理了 {} 条", digests.send(now))


def purge_sign_in(now: Moment, say: Say) -> None:
    """Attempts and sessions that no longer count for anything."""
    lockout.purge(now)
    SessionStore.clear_expired()


def sweep_phones(now: Moment, say: Say) -> None:
    phones.forget_phones(now)


def check_audit(now: Moment, say: Say) -> str:
    return audit_check.check_audit().told


def backup_nightly(now: Moment, say: Say) -> str:
    return nightly(now, say)


# --- what is kept no longer ------------------------------------------------------------------


def remove_id_numbers(now: Moment, say: Say) -> str | None:
    return _counted("清除了 {} 户", retention.remove_id_numbers(on=_day(now)))


def forget_declined_filings(now: Moment, say: Say) -> str | None:
    return _counted("清除了 {} 件", forget_declined(on=_day(now)))


def remove_old_photos(now: Moment, say: Say) -> str | None:
    return _counted("清除了 {} 张", photos.remove_old_photos(on=_day(now)))


def remove_old_matter_photos(now: Moment, say: Say) -> str | None:
    return _counted("清除了 {} 个", attachments.remove_old(on=_day(now)))


def remove_old_activity_photos(now: Moment, say: Say) -> str | None:
    return _counted("清除了 {} 张", activity_files.remove_old(on=_day(now)))


def sweep_activity_files(now: Moment, say: Say) -> str | None:
    return _counted("清理了 {} 个", activity_files.sweep_files(now))


def sweep_photo_files(now: Moment, say: Say) -> str | None:
    return _counted("清理了 {} 个", photos.sweep_files(now))


def sweep_matter_files(now: Moment, say: Say) -> str | None:
    return _counted("清理了 {} 个", attachments.sweep_files(now) + public_files.sweep_files(now))


def sweep_photo_uploads(now: Moment, say: Say) -> None:
    partials.sweep_partials(now)


def remove_expired_downloads(now: Moment, say: Say) -> str | None:
    return _counted("删除了 {} 份", downloads.remove_expired(now))


def sweep_import_uploads(now: Moment, say: Say) -> None:
    sweep_uploads(now)


def forget_old_runs(now: Moment, say: Say) -> str | None:
    return _counted("清理了 {} 条", forget_runs(SCHEDULE, now))


# --- the list --------------------------------------------------------------------------------

SCHEDULE = (
    Entry(
        "figures_nightly",
        "重算数字",
        "把还会变动的各月、季、年的任务完成情况全部重算一遍，供各页和图表读取。",
        daily(0, 20),
        figures_nightly,
    ),
    Entry(
        "figures_touched",
        "更新改动的数字",
        "白天录入、修改、审批以后，只重算受影响的数字。",
        Every(1),
        figures_touched,
    ),
    Entry(
        "freeze_figures",
        "定格",
        "每月 5 日零点定格上月的数字，季度和年度随最后一个月定格。错过了第二天补上，仍按 5 日零点前录入的算。",
        daily(0, 0),
        freeze_figures,
    ),
    Entry(
        "quarterly_drafts",
        "生成季度报告草稿",
        "季度最后一天为每个单位生成季度报告草稿，数字随季度定格。已经有的不动。",
        daily(18, 0, _drafting_days, "每季度最后一天到报送截止日"),
        quarterly_drafts,
    ),
    Entry(
        "remind_owing",
        "提醒未完成的任务",
        "提醒还没完成任务的干部，并把名单发给单位联络员。已经提醒过的不再提醒。",
        daily(9, 0, reminders.reminder_days, "每月 20 日和月底前三天（遇休息日顺延）"),
        remind_owing,
    ),
    Entry(
        "escalate_overdue",
        "逾期上报",
        "诉求逾期未交办、未答复的，告诉上一级。每个工作日一次。",
        hourly(30, _OFFICE_HOURS),
        escalate_overdue,
    ),
    Entry(
        "remind_of_families",
        "提醒告知群众",
        "有进展还没有告知群众的，提醒经办人。每个工作日一次。",
        hourly(40, _OFFICE_HOURS),
        remind_of_families,
    ),
    Entry(
        "send_family_sms",
        "给群众发短信",
        "接了短信网关才发；夜里和节假日不发。",
        Every(1),
        send_family_sms,
    ),
    Entry(
        "keep_dates",
        "补算期限",
        "给没有期限的诉求算出期限；放假安排公布后，重排暂定的期限。",
        daily(1, 30),
        keep_dates,
    ),
    Entry(
        "make_digests",
        "汇总每日消息",
        "把没看的消息汇总成一条。每人每个工作日最多一条。",
        Every(10),
        make_digests,
    ),
    Entry(
        "send_digests",
        "发送每日消息",
        "由邮件、短信或工作群发出；夜里和节假日不发。",
        Every(1),
        send_digests,
    ),
    Entry(
        "check_audit_nightly",
        "检查审计日志",
        "逐条核对审计日志，看有没有被改动、删除。",
        daily(2, 0),
        check_audit,
    ),
    Entry(
        "backup_nightly",
        "备份",
        "数据库、照片和附件备份成一个文件，放在服务器上，保留最近七晚。",
        daily(2, 30),
        backup_nightly,
        # A disk that is full stays full: not each hour of a working day.
        retried=False,
    ),
    Entry(
        "remove_id_numbers",
        "清除身份证号",
        "销户满规定年限的户，清除身份证号。",
        daily(3, 0),
        remove_id_numbers,
    ),
    Entry(
        "forget_declined",
        "清除不予受理的反映",
        "不予受理满规定年限的，清除反映人的姓名、电话和内容。",
        daily(3, 5),
        forget_declined_filings,
    ),
    Entry(
        "remove_old_photos",
        "清除到期的走访照片",
        "满规定年限的走访照片到期清除。",
        daily(3, 10),
        remove_old_photos,
    ),
    Entry(
        "remove_old_matter_photos",
        "清除到期的诉求附件",
        "满规定年限的诉求照片和附件到期清除。",
        daily(3, 15),
        remove_old_matter_photos,
    ),
    Entry(
        "remove_old_activity_photos",
        "清除到期的活动照片",
        "满规定年限的活动照片到期清除；文件（PDF、Word、Excel）留着。",
        daily(3, 18),
        remove_old_activity_photos,
    ),
    Entry(
        "sweep_activity_files",
        "清理多余的活动附件",
        "没有记录指向的活动附件，从磁盘上清理。",
        daily(3, 22),
        sweep_activity_files,
    ),
    Entry(
        "sweep_photo_files",
        "清理多余的照片文件",
        "没有记录指向的走访照片文件，从磁盘上清理。",
        daily(3, 20),
        sweep_photo_files,
    ),
    Entry(
        "sweep_matter_files",
        "清理多余的附件文件",
        "没有记录指向的诉求附件文件，从磁盘上清理。",
        daily(3, 25),
        sweep_matter_files,
    ),
    Entry(
        "sweep_phones",
        "清理不用的手机",
        "很久没有联系的手机，从“手机”一页去掉。",
        daily(3, 30),
        sweep_phones,
    ),
    Entry(
        "forget_runs",
        "清理运行记录",
        "定时任务的运行记录保存 90 天，频繁运行的只保存一天，没有完成的除外。",
        daily(3, 40),
        forget_old_runs,
    ),
    Entry(
        "purge_sign_in",
        "清理登录记录",
        "清理过期的登录和不再计数的输错密码。",
        Every(60),
        purge_sign_in,
    ),
    Entry(
        "sweep_photo_uploads",
        "清理没传完的照片",
        "三天没有再传的半张照片，从磁盘上清理。",
        Every(60),
        sweep_photo_uploads,
    ),
    Entry(
        "remove_expired_downloads",
        "删除到期的导出文件",
        "导出的文件过了保存的天数，从磁盘上删除；没有做完就中断的也清理。",
        Every(60),
        remove_expired_downloads,
    ),
    Entry(
        "sweep_import_uploads",
        "清理没确认的导入",
        "试运行后一天没有确认写入的文件，从磁盘上清理。",
        Every(60),
        sweep_import_uploads,
    ),
)
ENTRIES = {entry.kind: entry for entry in SCHEDULE}


# --- by hand ---------------------------------------------------------------------------------


def may_see_schedule(user: Any) -> bool:
    return scope_of(user).has(Role.COUNTY_OFFICE, Role.SYSTEM_ADMIN)


def run_by_hand(entry: Entry, *, by: User) -> Job | None:
    """Once more, at once; None when it is under way already."""
    if not may_see_schedule(by):
        raise PermissionDenied("schedule")
    return run_now(entry, by=by)


# --- in the queue ----------------------------------------------------------------------------


@shared_task(name="tick_schedule")
def tick_schedule() -> None:
    """What waits or was left by a dead worker first, so that what is due is not kept out by it."""
    now = clock.now()
    jobs.sweep(now)
    tick(SCHEDULE, now)


def _task_of(entry: Entry) -> Any:
    def run(job_id: int) -> None:
        run_entry(entry, job_id)

    return shared_task(name=entry.kind)(run)


TASKS = {kind: _task_of(entry) for kind, entry in ENTRIES.items()}
