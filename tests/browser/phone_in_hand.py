"""A phone whose browser can be closed and started again."""

import contextlib
import time

from playwright.sync_api import Error, expect

from tests import chromium
from tests.browser.fake_server import FakeServer

CONTROLLED = """Promise.race([
  navigator.serviceWorker.ready.then(() => navigator.serviceWorker.controller ||
    new Promise((resolve) => navigator.serviceWorker.addEventListener("controllerchange", resolve)))
    .then(() => true),
  new Promise((resolve) => setTimeout(resolve, 90000)),
])"""
# Whose phone it is: the first answer of the server has come.
KNOWN = """return await new Promise((resolve) => {
  const end = Date.now() + 60000;
  const look = () => store.who() || Date.now() > end ? resolve(Boolean(store.who())) : setTimeout(look, 50);
  look();
});"""
NOTHING_WAITS = """return await new Promise((resolve) => {
  const end = Date.now() + 60000;
  const look = async () => {
    const waits = (await store.items()).some((item) => item.state === "waiting");
    if (!waits || Date.now() > end) resolve(!waits); else setTimeout(look, 50);
  };
  look();
});"""


class PhoneInHand:
    """A browser's context of its own; with a folder for its profile, what it keeps outlives closing it."""

    def __init__(self, browser, url, folder=None, *, server=FakeServer):
        self._browser, self._url, self._folder = browser, url, folder
        # None: the real one.
        self.server = server and server()
        self.broken = []
        self.start()

    def start(self):
        options = {
            "base_url": self._url,
            "viewport": {"width": 390, "height": 844},
            "has_touch": True,
            "is_mobile": True,
            "locale": "zh-CN",
            "timezone_id": "Asia/Shanghai",
        }
        if self._folder is None:
            self.context = self._browser.new_context(**options)
        else:
            self.context = self._browser.browser_type.launch_persistent_context(
                self._folder, executable_path=chromium.lean(), args=["--no-sandbox"], **options
            )
        self.context.set_default_timeout(chromium.PATIENCE)
        if self.server:
            self.server.on(self.context)
        self.page = self.context.pages[0] if self.context.pages else self.context.new_page()
        self.page.on("pageerror", lambda error: self.broken.append(str(error)))

    def restart(self, *, offline=False):
        assert self._folder, "nothing would be kept"
        self.context.close()
        self.start()
        self.context.set_offline(offline)
        self.open()

    def open(self, hash_="#/queue"):
        self.page.goto(f"/field/{hash_}")
        expect(self.words).not_to_have_text("正在打开……")

    def ready(self):
        """Opened once with a signal: signed in, and its pages kept."""
        self.open()
        assert self.page.evaluate(CONTROLLED), "no service worker"
        assert self.run(KNOWN), "nobody"

    def run(self, code, argument=None):
        """JavaScript with the app's own `store` and `sender` at hand."""
        head = "const { store } = await import('field/app.js'); const { sender } = await import('field/send.js');"
        return self.page.evaluate(f"async (given) => {{ {head} {code} }}", argument)

    def save(self, *items, photos=()):
        return self.run(
            """const photos = given.photos.map(({ id, visit, size }) =>
                 ({ id, visit, blob: new Blob([new Uint8Array(size).fill(7)], { type: "image/jpeg" }) }));
               return await store.save(given.items, photos);""",
            {"items": list(items), "photos": list(photos)},
        )

    def send(self):
        self.run("await sender.sendNow();")

    def states(self):
        return {item["id"]: item["state"] for item in self.run("return store.items();")}

    def until_sent(self, *items):
        """Wait until the phone says so of each of these."""
        names = {item["id"] for item in items}
        deadline = time.monotonic() + 60
        while not all(self.states().get(name) == "sent" for name in names):
            assert time.monotonic() < deadline, self.states()
            self.page.wait_for_timeout(100)

    def until_here(self, number):
        """Wait until the page belongs to this person: it is loaded anew when another one signed in."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                if self.run("return store.who().id;") == number:
                    return
            except Error:
                pass
            self.page.wait_for_timeout(100)
        raise AssertionError(number)

    @property
    def words(self):
        return self.page.locator("#status [data-words]")

    def status(self, words):
        """Wait until the line that is always visible says this.

        That all is uploaded it says before the first save, too: then what was saved is waited for.
        """
        if words == "全部已上传":
            # The page may be loaded anew meanwhile, when somebody else signs in.
            with contextlib.suppress(Error):
                self.run(NOTHING_WAITS)
        expect(self.words).to_have_text(words)
