"""RSS of what was published last, and the list of pages for search engines (contract, section 10)."""

import re
from xml.sax.saxutils import escape

from django.urls import reverse
from django.utils.feedgenerator import Rss201rev2Feed

from grievances.public import ledger
from lianhu.kit import clock

NEWEST = 50
# One file of a sitemap holds at most 50,000 addresses (sitemaps.org).
LISTED = 10_000
# XML 1.0 has no place for these, not even escaped.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def rss(wanted: ledger.Filter, root: str) -> str:
    """`root`: scheme and host. Filtered as the page is: a village's notices can be followed alone."""
    feed = Rss201rev2Feed(
        title="联户联情公开台账",
        link=f"{root}{reverse('public_ledger')}",
        description="群众反映的事和答复。不登姓名、电话和住址。",
        language="zh-CN",
        feed_url=f"{root}{reverse('public_feed')}",
    )
    for notice in ledger.notices(ledger.found(wanted), NEWEST):
        feed.add_item(
            title=_plain(notice.title),
            link=f"{root}{reverse('public_notice', args=[notice.number])}",
            description=_plain(f"反映：{notice.question}\n答复（{notice.outcome}）：{notice.answer}"),
            pubdate=notice.published_at,
            categories=[notice.category, notice.village],
        )
    return str(feed.writeString("utf-8"))


def _plain(text: str) -> str:
    return _NOT_XML.sub("", text)


def sitemap(root: str) -> str:
    names = ("public_ledger", "public_case", "public_file", "public_policies")
    pages = [f"<url><loc>{escape(root + reverse(name))}</loc></url>" for name in names]
    rows = ledger.up().order_by("-published_at", "-pk")[:LISTED]
    for number, at in rows.values_list("grievance__number", "published_at"):
        where = escape(root + reverse("public_notice", args=[number]))
        day = at.astimezone(clock.SHANGHAI).date() if at else ""
        pages.append(f"<url><loc>{where}</loc><lastmod>{day}</lastmod></url>")
    head = '<?xml version="1.0" encoding="utf-8"?>\n'
    return f'{head}<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{"".join(pages)}</urlset>'
