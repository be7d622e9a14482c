"""The console in a real browser against a real server: what is typed and clicked, what comes by itself, and who may."""

import json
from pathlib import Path

import pytest
from interplay_server.storage.server_database import ServerDatabase

from tests.conftest import eventually
from tests.service.alert_kit import Guarded
from tests.service.kit import Api, fresh
from tests.service.web_kit import WebServer

CHECKS = (Path(__file__).parent.parent / "support" / "accessibility.js").read_text()
VIEWS = ("feed", "search", "people", "playbooks", "alerts", "server")
EVIL = '<img src=x onerror="window.ran=1"><script>window.ran=1</script>{{7*7}}'
REDACTED = EVIL.partition("=")[0]
"""What the monitor leaves of it in a note."""
SECONDS = 60
TAB = 9
UNLABELLED = """[...document.querySelectorAll('input,select,textarea')]
  .filter((one) => one.checkVisibility() && !one.labels.length).map((one) => one.outerHTML)"""


@pytest.fixture(scope="module")
def web(tmp_path_factory):
    server = WebServer(tmp_path_factory.mktemp("console") / "data", "--console").start()
    yield server
    assert "Traceback" not in server.log(), "a page made the server stumble"
    server.stop()


class Visit:
    """A tab as one tenant, with words for what a person does."""

    def __init__(self, browser, web, view="feed", *, tenant="", key="", **settings):
        self.tab = browser.page(url=web.url, **settings)
        self._base = web.url
        self.tab.run(f"sessionStorage.setItem('interplay.tenant', {json.dumps(tenant)})")
        self.tab.run(f"sessionStorage.setItem('interplay.key', {json.dumps(key)})")
        self.go(view)

    def go(self, view):
        """Loads the page anew at a view."""
        self.tab.run(f"location.hash = {json.dumps(view)}")
        self.tab.run("window.old = true")
        self.tab.call("Page.reload")
        self.until("!window.old && document.readyState === 'complete' && document.querySelector('main h2') !== null")

    def until(self, script):
        return eventually(lambda: self.tab.run(script), seconds=SECONDS)

    def text(self, where="main"):
        return self.tab.run(f"document.querySelector({json.dumps(where)}).innerText")

    def sees(self, words, where="main"):
        self.until(f"document.querySelector({json.dumps(where)})?.innerText.includes({json.dumps(words)})")

    def click(self, words, within="body"):
        """A real click with the mouse in the middle of the button or link that says so."""
        find = f"""[...(document.querySelector({json.dumps(within)})?.querySelectorAll("button,a,summary") ?? [])]
          .find((one) => one.innerText.trim() === {json.dumps(words)} && one.checkVisibility())"""
        self.until(f"{find} !== undefined")
        self.tab.run(f"{find}.scrollIntoView({{block: 'center'}})")
        box = self.tab.run(
            f"(({{x, y, width, height}}) => [x + width / 2, y + height / 2])({find}.getBoundingClientRect())"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.tab.call("Input.dispatchMouseEvent", type=kind, x=box[0], y=box[1], button="left", clickCount=1)

    def type(self, label, words):
        """Types into the field with this label."""
        found = self.tab.run(f"""(() => {{
          const label = [...document.querySelectorAll('label')]
            .find((one) => one.innerText.trim() === {json.dumps(label)} && one.checkVisibility());
          label.control.focus();
          label.control.select?.();
          return document.activeElement === label.control;
        }})()""")
        assert found, label
        self.tab.call("Input.insertText", text=words)

    def enter(self):
        self.tab.press("Enter", 13, text="\r")

    def close(self):
        self.tab.close()


@pytest.fixture
def visit(browser, web):
    visits = []

    def begin(view="feed", *, server=None, **settings):
        visits.append(Visit(browser, server or web, view, **settings))
        return visits[-1]

    yield begin
    for one in visits:
        one.close()


@pytest.fixture(scope="module")
def lived(web):
    """A tenant with a life: turns, facts, lessons and alerts, each with a text that would like to be markup."""
    tenant = fresh("lived")
    api = Api(web.target, tenant=tenant).unaggregated()
    api.learnt("I am allergic to peanuts.", "Where is my order? " + EVIL, user="ann")
    api.profile("likes " + EVIL, user="ann")
    api.lesson("Say the day of arrival. " + EVIL, user="", trigger="asked for an order", rationale=EVIL)
    monitor = Guarded(api)
    monitor.configure()
    monitor.well()
    monitor.fails()
    *_, last = eventually(monitor.alerts, seconds=SECONDS)
    monitor.acknowledge(last.alert_id, acknowledged_by="on call", note=EVIL)
    yield tenant
    api.close()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_each_view_is_accessible_alone_and_text_stays_text(visit, web, lived, width, dark):
    shown = visit(tenant=lived, width=width, dark=dark)
    for view in VIEWS:
        shown.go("people/ann" if view == "people" else view)
        if view == "search":
            shown.type("Search for", "order")
            shown.enter()
        shown.until("document.querySelectorAll('main article, main section.card').length > 0")
        assert shown.tab.run(CHECKS) == [], view
        assert shown.tab.run(UNLABELLED) == [], view
        if view != "server":
            assert (EVIL if view != "alerts" else REDACTED) in shown.text(), view
        assert shown.tab.run("[window.ran, document.querySelectorAll('main img, main script, main b').length]") == [
            None,
            0,
        ]
    assert [one for one in shown.tab.requests() if not one.startswith(web.url)] == []
    assert shown.tab.complaints() == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_where_there_is_nothing_it_says_so(visit, width, dark):
    shown = visit(tenant=fresh("empty"), width=width, dark=dark)
    said = {
        "feed": "Nothing yet", "search": "Ask in your own words", "people": "Whom do you want to know about?",
        "people/nobody": "Nothing known", "playbooks": "Nothing to review", "alerts": "All is quiet",
    }  # fmt: skip
    for view, words in said.items():
        shown.go(view)
        shown.sees(words)
        assert shown.tab.run(CHECKS) == [], view
    assert shown.tab.complaints() == []


def test_the_feed_lives_and_goes_on_from_its_token(visit, browser, tmp_path):
    server = WebServer(tmp_path / "data", "--console").start()
    try:
        shown = visit(server=server)
        shown.sees("Live", ".state")
        server.page().publish("the first", user="ann")
        shown.sees("the first")
        (gone,) = server.page().publish("to be deleted")
        shown.sees("to be deleted")
        server.page().call("DeleteInteractions", {"interactionIds": [gone]})
        shown.until("!document.querySelector('main').innerText.includes('to be deleted')")
        address = server.address
        server.process.kill()
        shown.sees("Connection lost", ".state")
        server.process._flags = ("--web", "{}:{}".format(*address), "--console")
        server.start()
        server.page().publish("after the kill")
        shown.sees("after the kill")
        shown.sees("Live", ".state")
        assert shown.text().count("the first") == 1
        shown.click("Pause")
        server.page().publish("held back")
        shown.sees("Paused", ".state")
        shown.click("Go on")
        shown.sees("held back")
        shown.type("Only this person", "ben")
        shown.enter()
        shown.sees("Nothing yet")
        server.page().publish("of ben", user="ben")
        server.page().publish("of ann", user="ann")
        shown.sees("of ben")
        assert "of ann" not in shown.text()
    finally:
        server.stop()


def test_search_shows_the_six_terms_and_their_sum(visit, lived):
    shown = visit("search", tenant=lived)
    shown.type("Search for", "where is my order")
    shown.click("Search", "main")
    shown.until("document.querySelectorAll('main article').length > 1")
    first = shown.tab.run("""(() => {
      const hit = document.querySelector('main article');
      return [Number(hit.querySelector('.total strong').innerText),
        [...hit.querySelectorAll('.terms div')].map((one) => [one.querySelector('dt').innerText, Number(one.querySelector('.n').innerText)])];
    })()""")
    assert [name for name, _ in first[1]] == [
        "Meaning",
        "Alike words",
        "Words around",
        "Session",
        "Speaker",
        "Question",
    ]
    assert first[0] == pytest.approx(sum(value for _, value in first[1]), abs=0.004)
    assert shown.tab.run("document.querySelector('.gauge').getBoundingClientRect().width") > 20


def test_evidence_is_read_when_it_is_opened(visit, lived):
    shown = visit("people", tenant=lived)
    shown.click("ann", ".chips")
    shown.sees("allergic to peanuts")
    assert shown.tab.run("document.querySelectorAll('mark').length") == 0
    shown.click("Evidence: 1 span", "main")
    shown.until("document.querySelectorAll('mark').length === 1")
    assert "allergic to peanuts" in shown.text("mark")
    assert "Written by hand" in shown.text()


def test_playbooks_are_edited_approved_and_rejected(visit, web):
    tenant = fresh("reviews")
    api = Api(web.target, tenant=tenant).unaggregated()
    for one in ("Greet by name.", "Ask thrice."):
        api.lesson(one, user="", trigger="a person comes")
    shown = visit("playbooks", tenant=tenant)
    shown.type("You review as", "the lead")
    shown.sees("2 playbooks")
    card = "main article:last-of-type"
    shown.sees("Greet by name.", card)
    shown.click("Edit", card)
    shown.type("Do", "Greet by first name.")
    shown.click("Approve with this text", card)
    shown.sees("approved", card)
    shown.sees("Greet by first name.", card)
    shown.type("Comment on the review", "once is enough")
    shown.click("Reject", "main article:first-of-type")
    shown.sees("rejected", "main article:first-of-type")
    page = web.page(interplay_tenant=tenant)
    found = {one["instruction"]: one for one in page.call("ListAgentPlaybooks", {}).json["playbooks"]}
    approved, rejected = found["Greet by first name."], found["Ask thrice."]
    assert (approved["approvalStatus"], approved["reviewer"]) == ("APPROVAL_STATUS_APPROVED", "the lead")
    assert (rejected["approvalStatus"], rejected["reviewComment"]) == ("APPROVAL_STATUS_REJECTED", "once is enough")
    # Somebody else was quicker: the row that is shown is not the row any more.
    request = {"playbookId": rejected["playbookId"], "decision": "REVIEW_DECISION_REOPEN"}
    page.call("ReviewAgentPlaybook", request)
    shown.click("Put back", "main article:first-of-type")
    shown.sees("CONCURRENT_CHANGE", "main .failure")
    api.close()


def test_alerts_are_acknowledged(visit, web, lived):
    shown = visit("alerts", tenant=lived)
    shown.sees("goes on")
    shown.type("Your role", "on call")
    shown.type("Note", "looking into it")
    shown.click("Acknowledge", "main article")
    shown.sees("looking into it", "main article")
    found = web.page(interplay_tenant=lived).call("ListAlerts", {}).json["alerts"]
    assert [one["note"] for one in found if one.get("note", REDACTED)[:4] != "<img"] == ["looking into it"]


def test_a_key_is_asked_for_and_kept_in_the_tab(visit, tmp_path):
    server = WebServer(tmp_path / "data", "--console", "--auth-required").start()
    try:
        database = ServerDatabase(server.process.data / "server.sqlite3")
        _, secret = database.create_key("theirs", "a test's", frozenset({"READ"}))
        database.close()
        shown = visit(server=server)
        shown.sees("This server asks for an API key.", "dialog[open]")
        assert shown.tab.run(CHECKS) == []
        shown.type("API key", "wrong")
        shown.enter()
        shown.until("document.querySelector('dialog[open] .why')?.innerText.length > 0")
        shown.type("API key", secret)
        shown.enter()
        shown.sees("Live", ".state")
        shown.sees("theirs", "#who")
        assert shown.tab.run("[localStorage.length, document.cookie]") == [0, ""]
        assert secret not in shown.tab.run("document.documentElement.outerHTML + location.href")
        shown.click("Connection")
        shown.click("Forget the key")
        shown.sees("This server asks for an API key.", "dialog[open]")
    finally:
        server.stop()


def test_what_a_key_may_not_do_is_said_with_its_reason(visit, tmp_path):
    """A key that only reads sees the playbooks, and is told why it cannot review them."""
    server = WebServer(tmp_path / "data", "--console", "--auth-required").start()
    try:
        database = ServerDatabase(server.process.data / "server.sqlite3")
        keys = [
            database.create_key("theirs", "a test's", frozenset(rights))[1] for rights in ({"READ", "WRITE"}, {"READ"})
        ]
        database.close()
        page = server.page(authorization=f"Bearer {keys[0]}")
        playbook = {"instruction": "Greet by name.", "trigger": "a person comes", "agentId": "default"}
        answer = page.call("CreateAgentPlaybook", {"playbook": playbook})
        assert answer.status == 200, answer.body
        shown = visit("playbooks", server=server, key=keys[1])
        shown.sees("Greet by name.")
        shown.click("Approve", "main article")
        shown.sees("RIGHT_MISSING", "main article .failure")
        assert shown.tab.run("document.querySelector('main article .failure').getAttribute('role')") == "alert"
        assert shown.tab.run("document.querySelector('dialog[open]')") is None
        assert shown.tab.run(CHECKS) == []
        (row,) = page.call("ListAgentPlaybooks", {}).json["playbooks"]
        assert row.get("approvalStatus") == "APPROVAL_STATUS_PENDING"
    finally:
        server.stop()


def test_a_refusal_does_not_wipe_what_is_being_typed(visit, tmp_path):
    server = WebServer(tmp_path / "data", "--console", "--auth-required").start()
    try:
        shown = visit(server=server)
        shown.sees("This server asks for an API key.", "dialog[open]")
        shown.type("API key", "half a k")
        told = """import('./api.js').then(({call, unauthenticated}) => new Promise((done) => {
          unauthenticated.addEventListener('refused', () => done(document.getElementById('key').value), {once: true});
          call('AdminService/GetServerInfo').catch(() => {});
        }))"""
        assert shown.tab.run(told) == "half a k"
    finally:
        server.stop()


@pytest.mark.parametrize("place", ["toString", "constructor", "__proto__", "nothing", "%E0%A4%A"])
def test_an_address_of_no_view_shows_the_feed(visit, lived, place):
    shown = visit(place, tenant=lived)
    assert shown.text("main h2") == "Feed"
    assert shown.tab.complaints() == []


def test_a_flood_leaves_the_newest_and_a_pause_keeps_no_more(visit, web):
    tenant = fresh("flood")
    page = web.page(interplay_tenant=tenant)
    shown = visit(tenant=tenant)
    shown.sees("Live", ".state")
    for start in range(0, 5000, 100):
        page.publish(*[f"turn {at}." for at in range(start, start + 100)])
    shown.sees("turn 4999.")
    assert shown.tab.run("document.querySelectorAll('main article').length") == 200
    assert "turn 4799." not in shown.text()
    shown.click("Pause")
    shown.sees("Paused", ".state")
    for at in range(260):
        page.publish(f"held {at}.")
    (gone,) = page.publish("held and deleted")
    page.call("DeleteInteractions", {"interactionIds": [gone]})
    assert "held" not in shown.text()
    shown.click("Go on")
    shown.sees("held 259.")
    shown.until("!document.querySelector('main').innerText.includes('held and deleted')")
    assert shown.tab.run("document.querySelectorAll('main article').length") == 199


def test_grpc_web_by_fetch_of_a_page(visit, web):
    """The frames of gRPC-Web as bytes and as base64, a stream and an error, read by the browser itself."""
    tenant = fresh("grpc-web")
    (made,) = web.page(interplay_tenant=tenant).publish("for gRPC-Web")
    told = visit(tenant=tenant).tab.run(f"""(async () => {{
      const text = new TextEncoder();
      const ask = async (method, message, type, timeout) => {{
        let body = new Uint8Array([0, 0, 0, 0, message.length, ...message]);
        const as = type.includes('-text');
        if (as) body = btoa(String.fromCharCode(...body));
        const headers = {{'content-type': type, 'interplay-tenant': {json.dumps(tenant)}, 'x-grpc-web': '1'}};
        if (timeout) headers['grpc-timeout'] = timeout;
        const answer = await fetch(`interplay.v1.InteractionService/${{method}}`, {{method: 'POST', headers, body}});
        let raw = new Uint8Array(await answer.arrayBuffer());
        if (as) {{
          const parts = new TextDecoder().decode(raw).match(/[^=]+=*/g).map(atob).join('');
          raw = Uint8Array.from(parts, (one) => one.charCodeAt(0));
        }}
        const frames = [];
        for (let at = 0; at < raw.length; ) {{
          const size = new DataView(raw.buffer, raw.byteOffset + at).getUint32(1);
          frames.push([raw[at], new TextDecoder().decode(raw.slice(at + 5, at + 5 + size))]);
          at += 5 + size;
        }}
        return [answer.status, frames];
      }};
      const id = text.encode({json.dumps(made)});
      const request = [10, id.length, ...id];
      return [
        await ask('GetInteraction', request, 'application/grpc-web+proto'),
        await ask('GetInteraction', request, 'application/grpc-web-text'),
        await ask('GetInteraction', [10, 1, 120], 'application/grpc-web+proto'),
        await ask('WatchInteractions', text.encode('{{"fromBeginning":true}}'), 'application/grpc-web+json', '3S'),
      ];
    }})()""")
    for status, frames in told[:2]:
        assert status == 200
        assert [flags for flags, _ in frames] == [0, 128]
        assert "for gRPC-Web" in frames[0][1] and "grpc-status: 0" in frames[1][1]
    (_, trailers) = told[2][1][-1]
    assert "grpc-status: 5" in trailers and "grpc-status-details-bin: " in trailers
    assert any("for gRPC-Web" in payload for flags, payload in told[3][1] if not flags)
    assert "grpc-status: 4" in told[3][1][-1][1]


@pytest.mark.parametrize("view", VIEWS)
def test_the_keyboard_reaches_everything_in_order(visit, lived, view):
    shown = visit("people/ann" if view == "people" else view, tenant=lived, width=360)
    shown.until("document.querySelectorAll('main article, main section.card, main form').length > 0")
    if view != "search":
        shown.until("document.querySelectorAll('main article, main section.card').length > 0")
    count = shown.tab.run("""(() => {
      document.activeElement.blur();
      const found = [...document.querySelectorAll('a, button, input, select, textarea, summary, [tabindex="0"]')]
        .filter((one) => one.checkVisibility() && !one.disabled);
      found.forEach((one, at) => (one.dataset.place = String(at)));
      return found.length;
    })()""")
    order = []
    for _ in range(min(count, 25)):
        shown.tab.press("Tab", TAB)
        order.append(
            shown.tab.run("""(() => {
              const one = document.activeElement, style = getComputedStyle(one);
              return [one.dataset.place, style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2];
            })()""")
        )
    assert order == [[str(at), True] for at in range(min(count, 25))]
