"""The style guide and the admin skin in Chromium: axe, CSP, widths, keyboard, no JS.

Stands on addresses of its own, so that it tests the design system and no page.
"""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.contrib.auth import views as auth_views
from django.http import HttpRequest, HttpResponse
from django.urls import path

from mailboxes.urls import urlpatterns as product
from mailboxes.views.styleguide import styleguide
from mailboxes.views.theme import theme

STATIC = "django.contrib.staticfiles.storage.StaticFilesStorage"
WCAG = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]
PAGES = ["/styleguide/", "/sign-in/?next=/a", "/admin/", "/admin/auth/user/"]

polls: list[str | None] = []


def elsewhere(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse("<!doctype html><title>elsewhere</title>")


def region(request: HttpRequest) -> HttpResponse:
    """Three polls see the same version and tag, as the lists of the console do."""
    seen = request.headers.get("If-None-Match")
    polls.append(seen)
    tag = f'"v{len(polls) // 3}"'
    if seen == tag:
        return HttpResponse(status=304)
    body = f'<p>version {tag[2:-1]}</p><p><a id="kept" href="/">link</a></p>'
    return HttpResponse(body, headers={"ETag": tag, "Cache-Control": "no-cache"})


def polling(request: HttpRequest) -> HttpResponse:
    from django.template import engines

    source = (
        '{% extends "base.html" %}{% load ui %}{% block title %}Live{% endblock %}'
        "{% block heading %}Live{% endblock %}{% block content %}"
        '{% live url="/region/" id="live" every="100ms" %}'
        '<p>start</p><p><a id="kept" href="/">link</a></p>{% endlive %}{% endblock %}'
    )
    return HttpResponse(engines["django"].from_string(source).render({}, request))


OWN = ("styleguide", "theme", "login", "logout", "dashboard")
urlpatterns = [
    path("styleguide/", styleguide, name="styleguide"),
    path("theme/", theme, name="theme"),
    path("sign-in/", auth_views.LoginView.as_view(), name="login"),
    path("sign-out/", auth_views.LogoutView.as_view(), name="logout"),
    path("admin/", admin.site.urls),
    path("polling/", polling),
    path("region/", region),
    path("", elsewhere, name="dashboard"),
    # What else the frame links to.
    *(
        path(str(one.pattern), elsewhere, name=one.name)
        for one in product
        if one.name not in OWN
    ),
]

pytestmark = [
    pytest.mark.urls(__name__),
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def opened(chromium, settings, live_server, client, django_user_model):
    """A function that opens a page, signed in; it collects what the browser says."""
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": STATIC}}
    user = django_user_model.objects.create_superuser("admin", "", "x")
    client.force_login(user)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    contexts = []

    def open_page(address: str, width: int = 1280, signed_in: bool = True, **options):
        context = chromium.new_context(
            viewport={"width": width, "height": 860}, reduced_motion="reduce", **options
        )
        contexts.append(context)
        if signed_in:
            context.add_cookies(
                [{"name": cookie.key, "value": cookie.value, "url": live_server.url}]
            )
        page = context.new_page()
        page.said = []
        page.foreign = []
        page.on("console", lambda m: page.said.append(m.text))
        page.on("pageerror", lambda e: page.said.append(str(e)))
        page.on(
            "request",
            lambda r: r.url.startswith(live_server.url) or page.foreign.append(r.url),
        )
        page.goto(live_server.url + address)
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.mark.parametrize("address", PAGES)
@pytest.mark.parametrize(
    ("scheme", "width"),
    [
        ("dark", 360),
        pytest.param("light", 1280, marks=pytest.mark.slow),
        pytest.param("dark", 1280, marks=pytest.mark.slow),
        pytest.param("light", 360, marks=pytest.mark.slow),
    ],
)
def test_axe_csp_and_foreign_requests_are_zero(opened, address, width, scheme):
    from axe_playwright_python.sync_playwright import Axe

    page = opened(address, width, color_scheme=scheme)
    # What the browser says comes first: axe itself injects a style (ux.md 5.3).
    assert (page.said, page.foreign) == ([], [])
    result = Axe().run(page, options={"runOnly": WCAG})
    assert [v["id"] for v in result.response["violations"]] == []


@pytest.mark.parametrize("address", PAGES[:2])
def test_nothing_runs_over_at_320_pixels(opened, address):
    page = opened(address, 320)
    root = "document.documentElement."
    assert page.evaluate(f"{root}scrollWidth - {root}clientWidth") == 0


def test_targets_are_at_least_24_pixels(opened):
    small = opened("/styleguide/", 360).evaluate(
        """[...document.querySelectorAll("a, button, input, select, summary")]
        .filter(e => e.checkVisibility() && getComputedStyle(e).display != "inline")
        .filter(e => Math.min(e.getBoundingClientRect().width,
                              e.getBoundingClientRect().height) < 24)
        .map(e => e.outerHTML)"""
    )
    assert small == []


def test_error_summary_has_focus_and_skip_link_comes_first(opened):
    page = opened("/styleguide/")
    assert page.evaluate("document.activeElement.id") == "error-summary"
    page = opened("/polling/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"


def test_sign_in_with_a_mistake_works_without_javascript(opened, live_server):
    page = opened("/sign-in/?next=/system/", signed_in=False, java_script_enabled=False)
    page.fill("#id_username", "admin")
    page.fill("#id_password", "wrong")
    page.get_by_role("button", name="Sign in").click()
    assert page.title().startswith("Error: ")
    assert page.locator("#error-summary").is_visible()
    page.fill("#id_password", "x")
    page.get_by_role("button", name="Sign in").click()
    assert page.url == live_server.url + "/system/"


def test_copy_buttons_are_hidden_without_javascript(opened):
    page = opened("/styleguide/", java_script_enabled=False)
    assert page.locator("[data-copy]").count() == 2
    assert page.locator("[data-copy]:visible").count() == 0


def test_theme_of_the_cookie_reaches_console_and_admin(opened, live_server):
    page = opened("/styleguide/", color_scheme="light")
    page.locator(".rail").get_by_role("button", name="Dark").click()
    ground = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(ground) == "rgb(14, 17, 22)"
    page.goto(live_server.url + "/admin/")
    assert page.evaluate(ground) == "rgb(14, 17, 22)"


@pytest.mark.slow
def test_live_region_keeps_focus_sends_the_tag_and_says_when_it_is_stale(opened):
    polls.clear()
    page = opened("/polling/")
    page.focus("#kept")
    page.get_by_text("version 2").wait_for()
    assert page.evaluate("document.activeElement.id") == "kept"
    assert polls[:4] == [None, '"v0"', '"v0"', '"v1"']
    page.route("**/region/", lambda route: route.fulfill(status=500))
    page.get_by_text("Could not refresh since").wait_for()
    page.unroute("**/region/")
    page.locator("#live:not([data-stale])").wait_for()
    assert page.locator("#live-stale").is_hidden()
