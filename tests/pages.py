"""Reading a page as a person does: its words, its tables, its links. No browser."""

import re
from html.parser import HTMLParser


class Page(HTMLParser):
    """`words`, `tables` (rows of cell texts), `links` (text → address), `headings`."""

    _UNSEEN = {"script", "style", "svg", "head"}

    def __init__(self, answer):
        super().__init__()
        self.status = answer.status_code
        self.words, self.tables, self.links, self.headings = "", [], {}, []
        self._open = {}
        self._unseen = 0
        self.feed(answer.content.decode())
        self.words = _tidy(self.words)

    def handle_starttag(self, tag, attributes):
        named = dict(attributes)
        self._unseen += tag in self._UNSEEN
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th", "a", "h1", "h2", "h3"):
            self._open[tag] = ["", named.get("href")]
        if tag in ("p", "li", "br", "td", "th", "h1", "h2", "h3", "div"):
            self._take(" ")

    def handle_endtag(self, tag):
        self._unseen -= tag in self._UNSEEN
        if tag not in self._open:
            return
        text, href = self._open.pop(tag)
        if tag in ("td", "th"):
            self.tables[-1][-1].append(_tidy(text))
        elif tag == "a":
            self.links[_tidy(text)] = href
        else:
            self.headings.append(_tidy(text))

    def handle_data(self, data):
        if not self._unseen:
            self._take(data)

    def _take(self, data):
        self.words += data
        for kept in self._open.values():
            kept[0] += data

    @property
    def statement(self):
        """What the page says first."""
        return self.headings[0]


def _tidy(text):
    return re.sub(r"\s+", " ", text.replace("\N{NO-BREAK SPACE}", " ")).strip()
