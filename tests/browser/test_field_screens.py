"""The screens of 走访 in a real browser: few taps, nothing typed lost, the truth about where it is."""

import pytest
from playwright.sync_api import expect

from grievances.models import Grievance
from lianhu.kit.privacy import seal
from registry.contact import sealed_for
from tests import county
from visits.models import Trip, Visit

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

DAY = "2026-06-15"
WATER = "引水管一到冬天就冻裂，下边三户吃水都要到沟里去挑。"
SCHOOL = "小儿子想学开挖掘机，不知道县里哪里报名、要不要交钱。"


@pytest.fixture
def home(people):
    """A household with a record from last winter, an open matter and a telephone."""
    home = people.household
    home.group, home.income_sources = "二组", "务农、外出务工"
    home.phone_sealed = seal("13812340001", sealed_for("household", home.code, "phone"))
    home.save()
    record = {"promises": "开春送报名表来", "seen": ["policy", "life"], "clear": ["village"]}
    county.add_visit(people.cadre, home, "2025-12-01", record=record)
    county.add_grievance(household=home, handler=people.cadre, registered_on="2026-06-01")
    return home


@pytest.fixture
def late(people):
    """A household that became one's own five days ago."""
    late = county.add_household("何样张", village=people.village)
    county.pair(people.cadre, late, "2026-06-10")
    return late


@pytest.fixture
def app(phone, people, home, enter):
    """The field pages, opened once with a signal."""
    enter(phone, people.cadre)
    phone.goto("/field/")
    phone.get_by_role("heading", name="我的户").wait_for()
    return phone


def open_visit(page, home):
    page.goto(f"/field/#/visit/{home.code}")
    page.get_by_role("heading", name=f"{home.head_name}户").wait_for()


def fill_unchanged(page):
    page.get_by_role("button", name="没有困难").click()
    page.get_by_role("button", name="没有意见").click()
    page.get_by_role("radio", name="没讲", exact=True).check()


def items(page):
    """What the phone keeps, oldest first."""
    return page.evaluate(
        """async () => {
          const { openStore } = await import("field/store.js");
          return (await (await openStore()).items()).reverse();
        }"""
    )


def wait_sent(page):
    page.get_by_role("heading", name="已上传").wait_for()


@pytest.mark.clause("方案四(三)")
def test_an_unchanged_visit_takes_few_taps_and_nothing_is_typed(app, home, people):
    taps = []
    app.expose_function("tapped", lambda what: taps.append(what))
    app.evaluate(
        """document.addEventListener("click", (event) => {
             if (event.isTrusted && !event.target.closest("label")) window.tapped(event.target.textContent);
             else if (event.target.matches("input")) window.tapped(event.target.value);
           }, true)"""
    )
    app.get_by_role("link", name=f"走访{home.head_name}户").tap()
    app.get_by_role("button", name="没有困难").tap()
    app.get_by_role("button", name="没有意见").tap()
    app.get_by_role("radio", name="没讲", exact=True).tap()
    app.get_by_role("button", name="保存并上传").tap()
    wait_sent(app)
    print(f"\n无变化的一次走访：点 {len(taps)} 下，打字 0 处：{taps}")
    assert 1 < len(taps) < 12
    visit = Visit.objects.get(household=home, day=DAY)
    assert visit.trip == Trip.objects.get(cadre=people.cadre, begins_on=DAY, ends_on=DAY)
    record = visit.record
    assert (record.difficulties, record.opinions) == ("无", "无")
    assert (record.seen, record.clear) == (["policy", "life"], ["village"])


def test_two_difficulties_one_a_matter_one_answered(app, home, clean):
    open_visit(app, home)
    app.get_by_role("textbox", name="第 1 条困难").fill(WATER)
    app.get_by_role("checkbox", name="记为诉求").check()
    expect(app.get_by_label("类别")).to_have_value("饮水用电")
    expect(app.locator("main")).to_contain_text("村里 7 天内答复，即 6月22日前。")
    app.get_by_role("button", name="再加一条困难").click()
    app.get_by_role("textbox", name="第 2 条困难").fill(SCHOOL)
    app.get_by_role("checkbox", name="当场答复了").nth(1).check()
    app.get_by_label("当场怎么答复的").fill("县职校每年三月报名，不收学费。")
    app.get_by_label("群众意见和建议").fill("路灯晚上十点就关，冬天想晚一点关。")
    app.get_by_role("radio", name="讲了", exact=True).check()
    app.get_by_label("宣讲主题").fill("城乡居民医保缴费")
    clean(app)
    app.get_by_role("button", name="保存并上传").click()
    wait_sent(app)
    visit = Visit.objects.get(household=home, day=DAY)
    assert visit.record.difficulties == f"{WATER}\n{SCHOOL}"
    assert visit.record.solved_on_spot
    assert "不收学费" in visit.record.spot_answer
    matter = visit.grievances.get()
    assert (matter.content, matter.category.name, matter.level) == (WATER, "饮水用电", "village")
    code = app.locator(".slip .code").inner_text().replace("-", "")
    assert len(code) == 10
    expect(app.get_by_role("img", name="查询码")).to_be_visible()
    expect(app.locator("main")).to_contain_text(matter.number)
    clean(app)


def test_faults_stand_beside_their_fields_and_the_summary_leads_there(app, home, clean):
    open_visit(app, home)
    app.get_by_role("button", name="保存并上传").click()
    summary = app.get_by_role("alert").filter(has_text="没有保存")
    expect(summary.get_by_role("link")).to_have_count(3)
    clean(app)
    summary.get_by_role("link", name="请写群众意见").click()
    field = app.get_by_label("群众意见和建议")
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    told = field.get_attribute("aria-describedby").split()[-1]
    expect(app.locator(f"[id='{told}']")).to_contain_text("请写群众意见")
    field.fill("盼着修路")
    expect(field).not_to_have_attribute("aria-invalid", "true")
    expect(summary.get_by_role("link")).to_have_count(2)
    assert not Visit.objects.filter(household=home, day=DAY).exists()


def test_a_text_too_long_is_kept_whole_and_said(app, home):
    open_visit(app, home)
    fill_unchanged(app)
    app.get_by_role("button", name="没有意见").click()
    app.get_by_label("群众意见和建议").fill("路" * 100_000)
    app.get_by_role("button", name="保存并上传").click()
    app.get_by_role("link", name="最多 5000 字，多了 95000 字").wait_for()
    assert len(app.get_by_label("群众意见和建议").input_value()) == 100_000


def test_a_draft_comes_back_after_the_browser_was_closed(app, home):
    open_visit(app, home)
    app.get_by_role("textbox", name="第 1 条困难").fill(WATER)
    app.get_by_text("草稿已存在手机里").wait_for()
    app.on("dialog", lambda dialog: dialog.accept())
    app.reload()
    app.get_by_text("已填上您没有保存的草稿").wait_for()
    expect(app.get_by_role("textbox", name="第 1 条困难")).to_have_value(WATER)
    app.get_by_role("button", name="不要了，从头填").click()
    app.get_by_text("已填上您没有保存的草稿").wait_for(state="detached")
    expect(app.get_by_role("textbox", name="第 1 条困难")).to_have_value("")


def test_leaving_what_was_typed_asks_and_keeps_it(app, home):
    open_visit(app, home)
    app.get_by_label("承诺事项").fill("下月带种子来")
    app.get_by_role("link", name="返回").click()
    question = app.get_by_role("dialog")
    question.get_by_role("button", name="接着写").click()
    expect(app.get_by_label("承诺事项")).to_have_value("下月带种子来")
    app.get_by_role("link", name="返回").click()
    question.get_by_role("button", name="离开").click()
    app.get_by_role("heading", name="我的户").wait_for()
    open_visit(app, home)
    expect(app.get_by_label("承诺事项")).to_have_value("下月带种子来")


def test_a_double_tap_makes_one_visit(app, home):
    open_visit(app, home)
    fill_unchanged(app)
    app.get_by_role("button", name="保存并上传").dblclick()
    wait_sent(app)
    assert [item["kind"] for item in items(app)] == ["trip", "visit"]
    assert Visit.objects.filter(household=home, day=DAY).count() == 1


def test_saved_without_a_signal_then_shown_then_sent_by_itself(app, home, clean):
    app.context.set_offline(True)
    open_visit(app, home)
    app.get_by_text("没有信号，先存在手机里").wait_for()
    app.get_by_role("textbox", name="第 1 条困难").fill(WATER)
    app.get_by_role("checkbox", name="记为诉求").check()
    app.get_by_role("button", name="没有意见").click()
    app.get_by_role("radio", name="没讲", exact=True).check()
    app.get_by_role("button", name="保存到手机").click()
    app.get_by_role("heading", name="已存在手机里").wait_for()
    assert "走访 1 份、诉求 1 件 待上传" in " ".join(app.locator("main").inner_text().split())
    assert not Visit.objects.filter(household=home, day=DAY).exists()
    code = app.locator(".slip .code").inner_text()
    expect(app.get_by_role("link", name="走访下一户")).to_be_visible()
    clean(app)
    app.get_by_role("button", name="全屏展示").click()
    expect(app.get_by_role("dialog")).to_contain_text(code)
    app.get_by_role("button", name="关上").click()
    app.context.set_offline(False)
    wait_sent(app)
    expect(app.locator(".slip .code")).to_have_text(code)
    assert Visit.objects.get(household=home, day=DAY).grievances.count() == 1


def test_a_waiting_one_is_changed_before_it_goes(app, home):
    app.context.set_offline(True)
    open_visit(app, home)
    app.get_by_role("textbox", name="第 1 条困难").fill(WATER)
    app.get_by_role("checkbox", name="记为诉求").check()
    app.get_by_role("checkbox", name="当场答复了").check()
    app.get_by_label("当场怎么答复的").fill("开春换埋深的管子")
    app.get_by_role("button", name="没有意见").click()
    app.get_by_role("radio", name="没讲", exact=True).check()
    app.get_by_role("button", name="保存到手机").click()
    app.get_by_role("link", name="改这份记录").click()
    box = app.get_by_role("textbox", name="第 1 条困难")
    expect(box).to_have_value(WATER)
    # The family may hold its code already: the matter can be changed, not taken back.
    expect(app.get_by_role("checkbox", name="记为诉求")).to_be_disabled()
    expect(app.get_by_label("当场怎么答复的")).to_have_value("开春换埋深的管子")
    box.fill("引水管冻裂")
    app.get_by_role("button", name="保存到手机").click()
    app.get_by_role("heading", name="已存在手机里").wait_for()
    app.context.set_offline(False)
    wait_sent(app)
    visit = Visit.objects.get(household=home, day=DAY)
    assert visit.record.difficulties == "引水管冻裂"
    assert visit.grievances.get().content == "引水管冻裂"


def test_what_came_of_an_answer_on_the_spot_is_chosen_and_comes_back(app, home, clean):
    app.context.set_offline(True)
    open_visit(app, home)
    app.get_by_role("textbox", name="第 1 条困难").fill(WATER)
    app.get_by_role("checkbox", name="当场答复了").check()
    # Of a difficulty that is no matter nobody asks.
    expect(app.get_by_role("group", name="答复结果")).to_have_count(0)
    app.get_by_role("checkbox", name="记为诉求").check()
    outcome = app.get_by_role("group", name="答复结果")
    assert outcome.get_by_role("radio").evaluate_all("all => all.map((one) => [one.value, one.checked])") == [
        ["solved", True],
        ["partly", False],
        ["explained", False],
    ]
    outcome.get_by_role("radio", name="政策解释").check()
    app.get_by_label("当场怎么答复的").fill("这段管子不在今年的改造里")
    app.get_by_role("button", name="没有意见").click()
    app.get_by_role("radio", name="没讲", exact=True).check()
    clean(app)
    app.get_by_role("button", name="保存到手机").click()
    app.get_by_role("link", name="改这份记录").click()
    expect(app.get_by_role("radio", name="政策解释")).to_be_checked()
    app.get_by_role("button", name="保存到手机").click()
    app.get_by_role("heading", name="已存在手机里").wait_for()
    (matter,) = [item for item in items(app) if item["kind"] == "grievance"]
    assert matter["payload"]["outcome"] == "explained"
    app.goto(f"/field/#/edit/{matter['id']}")
    app.get_by_role("heading", name="改这件诉求").wait_for()
    expect(app.get_by_role("radio", name="政策解释")).to_be_checked()
    app.get_by_role("radio", name="部分解决").check()
    clean(app)
    app.get_by_role("button", name="保存到手机").click()
    app.get_by_role("heading", name="已存在手机里").wait_for()
    app.context.set_offline(False)
    wait_sent(app)
    sent = Grievance.objects.get(visit__household=home, visit__day=DAY)
    assert (sent.state, sent.outcome) == ("replied", "partly")


def test_a_matter_of_an_older_visit_is_answered_from_the_day_it_was_written_down(app, home):
    open_visit(app, home)
    app.get_by_role("button", name="走访日期").click()
    app.get_by_label("走访日期", exact=True).fill("2026-06-13")
    app.get_by_role("textbox", name="第 1 条困难").fill(WATER)
    app.get_by_role("checkbox", name="记为诉求").check()
    expect(app.locator("main")).to_contain_text("村里 7 天内答复，即 6月22日前。")
    app.get_by_role("button", name="没有意见").click()
    app.get_by_role("radio", name="没讲", exact=True).check()
    app.get_by_role("button", name="保存并上传").click()
    wait_sent(app)
    expect(app.locator(".slip .due")).to_contain_text("村里 7 天内答复，即 6月22日前。")
    assert Grievance.objects.get(visit__day="2026-06-13").registered_on.isoformat() == DAY


def test_a_trip_said_to_be_in_the_system_stays_said_when_the_visit_is_mended(app, home, people):
    app.context.set_offline(True)
    (identity,) = app.evaluate(
        """async ([household, day]) => {
          const { openStore } = await import("field/store.js");
          const payload = { household, day, result: "met", difficulties: "无", opinions: "无", clear: [], seen: [],
            policy_talk: false, solved_on_spot: false, spot_answer: "" };
          return (await openStore()).save([{ kind: "visit", label: "走访", payload }]);
        }""",
        [home.code, DAY],
    )
    app.goto(f"/field/#/edit/{identity}")
    known = app.get_by_role("checkbox", name="这天的下乡已经在系统里记过")
    expect(known).to_be_checked()
    app.get_by_label("承诺事项").fill("下月带种子来")
    app.get_by_role("button", name="保存到手机").click()
    app.get_by_role("heading", name="已存在手机里").wait_for()
    assert [item["kind"] for item in items(app)] == ["visit"]
    there = county.add_trip(people.cadre, people.village, "2026-06-14", DAY)
    app.context.set_offline(False)
    wait_sent(app)
    assert Visit.objects.get(household=home, day=DAY).trip == there


def test_a_count_of_people_that_cannot_be_is_said_beside_it(app, home):
    open_visit(app, home)
    fill_unchanged(app)
    app.get_by_role("button", name="有变化，改").click()
    people = app.get_by_label("人口数")
    for wrong in ("0", "100"):
        people.fill(wrong)
        app.get_by_role("button", name="保存并上传").click()
        app.locator("[data-field=people_count] .fault", has_text="应在 1 到 99 之间").wait_for()
    people.fill("99")
    app.get_by_role("button", name="保存并上传").click()
    wait_sent(app)
    assert Visit.objects.get(household=home, day=DAY).record.people_count == 99


def test_households_stand_by_when_anyone_last_met_them(late, people, home, phone, enter):
    county.add_visit(people.cadre, home, "2026-06-10", result="absent")
    enter(phone, people.cadre)
    phone.goto("/field/")
    phone.get_by_role("heading", name="我的户").wait_for()

    def order():
        return phone.locator(".home .title").all_inner_texts()

    assert order()[:2] == [late.head_name, home.head_name]
    told = phone.locator(".home", has_text=home.head_name).inner_text()
    assert "上次见面 去年12月1日，196 天前；上次 6月10日，未遇" in told
    expect(phone.locator(".home", has_text=late.head_name)).to_contain_text("还没有走访过")
    phone.goto(f"/field/#/village/{people.village.code}")
    phone.get_by_role("heading", name=people.village.name).wait_for()
    assert order()[:2] == [late.head_name, home.head_name]
    # Nobody was there: it stays where it is. Met, it goes to the end.
    phone.context.set_offline(True)
    open_visit(phone, late)
    phone.get_by_role("radio", name="未遇").check()
    phone.get_by_role("button", name="保存到手机").click()
    phone.get_by_role("link", name=f"走访下一户：{home.head_name}").wait_for()
    phone.goto("/field/#/")
    phone.get_by_text("我的户").wait_for()
    assert order()[:2] == [late.head_name, home.head_name]
    open_visit(phone, home)
    fill_unchanged(phone)
    phone.get_by_role("button", name="保存到手机").click()
    phone.get_by_role("link", name="走访下一户").wait_for()
    phone.goto("/field/#/")
    phone.get_by_text("我的户").wait_for()
    assert (order()[0], order()[-1]) == (late.head_name, home.head_name)


def test_a_refused_one_is_mended_with_its_reason_beside(late, app, clean):
    app.get_by_role("link", name="走访何样张户").click()
    fill_unchanged(app)
    app.get_by_role("button", name="走访日期").click()
    app.get_by_label("走访日期", exact=True).fill("2026-06-08")
    app.get_by_role("button", name="保存并上传").click()
    app.get_by_role("heading", name="被退回").wait_for()
    clean(app)
    app.get_by_role("link", name="去改").click()
    app.get_by_text("被退回。改好再保存").wait_for()
    expect(app.get_by_role("alert")).to_contain_text("您未与该户结对")
    clean(app)
    app.get_by_role("button", name="标为代访").click()
    app.get_by_label("代访原因").fill("替杨小燕去的")
    app.get_by_role("button", name="保存并上传").click()
    wait_sent(app)
    assert Visit.objects.get(household=late).proxy_reason == "替杨小燕去的"


def test_when_the_phone_is_full_the_text_stays_and_it_is_said(app, home):
    open_visit(app, home)
    fill_unchanged(app)
    app.get_by_label("承诺事项").fill("下月带种子来")
    app.get_by_text("草稿已存在手机里").wait_for()
    app.evaluate(
        """() => {
          IDBObjectStore.prototype.put = () => { throw new DOMException("full", "QuotaExceededError"); };
        }"""
    )
    app.get_by_label("承诺事项").fill("下月带种子来，再带化肥")
    app.get_by_role("alert").filter(has_text="草稿没有存进手机：手机存储满了").wait_for()
    app.get_by_role("button", name="保存并上传").click()
    app.get_by_role("alert").filter(has_text="这份走访没有存进手机").wait_for()
    expect(app.get_by_label("承诺事项")).to_have_value("下月带种子来，再带化肥")
    assert app.get_by_role("button", name="保存并上传").is_enabled()


def test_a_trip_that_overlaps_is_warned_of_not_blocked(app, people, clean):
    app.goto("/field/#/trip")
    expect(app.get_by_label("村", exact=True)).not_to_have_value("")
    app.get_by_label("村", exact=True).select_option(people.village.code)
    app.get_by_label("第一天").fill("2026-06-03")
    app.get_by_text("这几天已经有一次下乡").wait_for()
    clean(app)
    app.get_by_label("第一天").fill(DAY)
    app.get_by_role("button", name="住一晚").click()
    expect(app.get_by_label("最后一天")).to_have_value("2026-06-16")
    app.get_by_role("button", name="保存并上传").click()
    app.get_by_role("heading", name=people.village.name).wait_for()
    app.get_by_role("link", name="走访：").wait_for()


def test_a_matter_without_a_visit_has_its_code_too(app, home, clean):
    app.goto(f"/field/#/household/{home.code}")
    clean(app)
    app.get_by_role("link", name="记一件诉求").click()
    app.get_by_label("什么事").fill("低保金少发一个月")
    expect(app.get_by_label("类别")).to_have_value("社会保障")
    clean(app)
    app.get_by_role("button", name="保存并上传").click()
    wait_sent(app)
    assert home.grievances.filter(content="低保金少发一个月").count() == 1
    expect(app.locator(".slip .code")).to_be_visible()


def test_photos_are_made_small_and_counted(app, home, tmp_path):
    from PIL import Image

    picture = tmp_path / "大.png"
    Image.effect_noise((2400, 1800), 40).convert("RGB").save(picture)
    broken = tmp_path / "坏.jpg"
    broken.write_bytes(b"not a picture")
    open_visit(app, home)
    app.get_by_text("照片、地点、同行干部").click()
    app.locator("#f-photos").set_input_files([picture, broken])
    app.get_by_role("img", name="第 1 张照片").wait_for()
    app.get_by_text("坏.jpg：").wait_for()
    fill_unchanged(app)
    app.get_by_role("button", name="保存并上传").click()
    wait_sent(app)
    (visit,) = [item for item in items(app) if item["kind"] == "visit"]
    assert len(visit["photos"]) == 1


def slow_photos(page):
    page.evaluate(
        """() => {
          const at_once = window.createImageBitmap;
          window.createImageBitmap = async (...given) => {
            await new Promise((resolve) => setTimeout(resolve, 1500));
            return at_once(...given);
          };
        }"""
    )


def test_saving_waits_for_photos_that_are_being_made_small(app, home, tmp_path):
    from PIL import Image

    pictures = [tmp_path / "一.jpg", tmp_path / "二.jpg"]
    for picture in pictures:
        Image.effect_noise((400, 300), 40).convert("RGB").save(picture)
    open_visit(app, home)
    fill_unchanged(app)
    slow_photos(app)
    app.locator("#f-photos").set_input_files(pictures)
    app.get_by_role("button", name="保存并上传").dblclick()
    app.get_by_role("button", name="正在处理照片……").wait_for()
    wait_sent(app)
    (visit,) = [item for item in items(app) if item["kind"] == "visit"]
    assert len(visit["photos"]) == 2


def test_a_photo_that_fails_while_saving_waits_is_told_before_it_is_saved(app, home, tmp_path):
    broken = tmp_path / "坏.jpg"
    broken.write_bytes(b"not a picture")
    open_visit(app, home)
    fill_unchanged(app)
    slow_photos(app)
    app.locator("#f-photos").set_input_files(broken)
    app.get_by_role("button", name="保存并上传").click()
    app.get_by_role("link", name="有照片没有加上").wait_for()
    assert not items(app)
    app.get_by_role("button", name="保存并上传").click()
    wait_sent(app)
    assert Visit.objects.filter(household=home, day=DAY).count() == 1


@pytest.mark.parametrize("size", [(320, 568), (390, 844), (1440, 900)])
def test_each_screen_is_clean_at_each_size(app, home, people, size, clean):
    app.set_viewport_size({"width": size[0], "height": size[1]})
    for address, words in [
        ("#/", "我的户"),
        (f"#/village/{people.village.code}", people.village.name),
        (f"#/household/{home.code}", "上次的记录"),
        (f"#/visit/{home.code}", "见到人了吗"),
        ("#/visit/HH-UNKNOWN", "代访原因"),
        ("#/trip", "开始下乡"),
        (f"#/matter/{home.code}", "记一件诉求"),
        ("#/saved/none", "手机里没有这一份"),
    ]:
        app.goto(f"/field/{address}")
        app.get_by_text(words).first.wait_for()
        clean(app)
        app.evaluate("document.documentElement.classList.add('large')")
        clean(app)
        app.evaluate("document.documentElement.classList.remove('large')")


def test_what_a_thumb_meets_is_large_enough(app, home):
    open_visit(app, home)
    app.get_by_role("checkbox", name="记为诉求").check()
    small = app.evaluate(
        """[...document.querySelectorAll("main button, main select, main summary, main .tick, main .segments label,"
            + " main textarea, main a.button")]
          .filter((each) => each.getBoundingClientRect().height)
          .filter((each) => each.getBoundingClientRect().height < 48)
          .map((each) => each.outerHTML)"""
    )
    assert not small
    assert app.evaluate("parseFloat(getComputedStyle(document.body).fontSize)") == 18


def test_focus_never_hides_behind_the_bars(app, home):
    open_visit(app, home)
    app.locator("main").focus()
    for _ in range(25):
        app.keyboard.press("Tab")
        place = app.evaluate(
            """() => {
              const at = document.activeElement;
              if (at.closest(".bottom") || at.closest(".at-heading") || !at.closest("main")) return null;
              const { top, bottom } = at.getBoundingClientRect();
              return [top, bottom, document.querySelector(".bottom").getBoundingClientRect().top];
            }"""
        )
        if place:
            assert place[1] <= place[2] + 1
            assert place[0] >= 0
