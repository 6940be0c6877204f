"""The watch itself: it sees what it is there for."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe

from tests.browser.watch import Watch


def test_errors_refused_styles_and_overflow_are_seen(browser, stopline):
    watch, page = Watch(), browser.new_page()
    watch.follow(page)
    page.goto(f"http://127.0.0.1:{stopline.port}/account/sign-in/")
    assert watch.wrong == []

    page.evaluate("console.error('something broke')")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\">x</p>')")
    page.evaluate("setTimeout(() => { throw new Error('in a script') })")
    page.evaluate("document.querySelector('h1').style.width = '5000px'")
    page.goto(f"http://127.0.0.1:{stopline.port}/nowhere/")
    page.evaluate("document.querySelector('h1').style.width = '5000px'")
    watch.finish()

    said = "\n".join(watch.wrong)
    for part in ("something broke", "Content Security Policy", "in a script", "status of 404", "wider than"):
        assert part in said
    page.close()


def test_axe_sees_a_field_without_a_name(browser, stopline):
    page = browser.new_page()
    page.goto(f"http://127.0.0.1:{stopline.port}/account/sign-in/")
    page.evaluate("document.querySelector('label').remove()")

    assert "label" in {each["id"] for each in Axe().run(page).response["violations"]}
    page.close()
