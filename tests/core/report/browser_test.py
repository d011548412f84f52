#!/usr/bin/env python3
"""Opens the pages of a synthetic experiment in headless Chromium:  browser_test.py FAKE_REPORT [SCREENSHOT_FOLDER]

Sorts a table by mouse and by keyboard, follows links, switches the figures' axis, and looks that no request leaves the
folder, that no script fails, and that nothing is wider than a phone. With a second argument it leaves screenshots.
"""
import pathlib
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import chromium  # noqa: E402

failures = []


def expect(what, got, wanted):
    if got != wanted:
        failures.append(f"{what}: {got!r}, not {wanted!r}")


def expect_soon(browser, what, expression, wanted):
    """Of what a page does in its own time."""
    end = time.monotonic() + 10
    while (got := browser.evaluate(expression)) != wanted and time.monotonic() < end:
        time.sleep(0.02)
    expect(what, got, wanted)


def column(browser, name):
    """The texts of a column of the first table that can be sorted."""
    return browser.evaluate(f"""(() => {{
        const table = document.querySelector("#task-0 table.sortable");
        const at = [...table.tHead.rows[0].cells].findIndex(c => c.textContent.trim() === "{name}");
        return [...table.tBodies[0].rows].map(row => row.cells[at].textContent.trim());
    }})()""")


def header(name):
    return f"""[...document.querySelectorAll("#task-0 table.sortable th[scope=col]")]
        .find(c => c.textContent.trim() === "{name}")"""


def check_sorting(browser):
    before = column(browser, "score")
    numbers = [float(text.split(" ")[0]) for text in before]
    browser.evaluate(f'{header("score")}.querySelector("button").click()')
    rising = [float(text.split(" ")[0]) for text in column(browser, "score")]
    expect("sorted by score", rising, sorted(numbers))
    expect("aria-sort", browser.evaluate(f'{header("score")}.getAttribute("aria-sort")'), "ascending")
    # By keyboard: the header is reached by focus, Enter turns the order.
    browser.evaluate(f'{header("score")}.querySelector("button").focus()')
    browser.press("Enter", 13)
    falling = [float(text.split(" ")[0]) for text in column(browser, "score")]
    expect("sorted the other way", falling, sorted(numbers, reverse=True))
    browser.press("Enter", 13)
    expect("as it came", column(browser, "score"), before)
    expect("no aria-sort", browser.evaluate(f'{header("score")}.getAttribute("aria-sort")'), None)
    # What is undefined stands last both ways.
    browser.evaluate(f'{header("gap closed")}.querySelector("button").click()')
    expect("dash last", column(browser, "gap closed")[-1], "–")
    browser.evaluate(f'{header("gap closed")}.querySelector("button").click()')
    expect("dash last, falling", column(browser, "gap closed")[-1], "–")
    browser.evaluate(f'{header("gap closed")}.querySelector("button").click()')


def check_links(browser, folder):
    seeds = browser.evaluate("""(() => {
        const link = document.querySelector('#task-0 table a[href="#cells-rules-teacher-16"]');
        link.click();
        return Number(link.textContent);
    })()""")
    expect_soon(browser, "cells behind the row", """[...document.querySelectorAll("tr.lit")]
        .map(row => row.cells[2].textContent + row.cells[3].textContent)""", ["teacher16"] * seeds)
    expect_soon(browser, "the first of them is in view", """(() => {
        const box = document.getElementById("cells-rules-teacher-16").getBoundingClientRect();
        return box.top >= 0 && box.bottom <= innerHeight;
    })()""", True)
    link = browser.evaluate('document.querySelector("tr.lit a").getAttribute("href")')
    expect("the run's result", link.startswith("../runs/aaaa") and link.endswith("/result.json"), True)
    broken = browser.evaluate("""[...document.querySelectorAll('a[href^="#"]')].map(a => a.getAttribute("href").slice(1))
        .filter(id => !document.getElementById(id))""")
    expect("links into nothing", broken, [])


def check_switch(browser):
    shown = """[...document.querySelectorAll("#task-0 .panels figure")].map(figure =>
        [...figure.querySelectorAll(".view")].filter(v => getComputedStyle(v).display !== "none")
            .map(v => v.querySelector("title").textContent.split("against ")[1]).join())"""
    expect("against samples at first", browser.evaluate(shown), ["samples", "samples"])
    browser.evaluate("""[...document.querySelectorAll("#task-0 label")].find(l => l.textContent.trim() === "dollars").click()""")
    expect("against dollars", browser.evaluate(shown), ["dollars", "dollars"])
    # By keyboard: the arrow keys move within the group.
    browser.evaluate('document.querySelector("#task-0 input:checked").focus()')
    browser.press("ArrowLeft", 37)
    expect("one to the left", browser.evaluate(shown), ["training FLOPs", "training FLOPs"])
    expect("the other task stays", browser.evaluate(shown.replace("task-0", "task-1")), ["samples", "samples"])


def check_width(browser, name):
    for width in (390, 1280):
        browser.size(width, 844, mobile=width < 600)
        wide = browser.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        expect(f"{name}: wider than {width} px by", wide, 0)
        # Nothing but what scrolls by itself sticks out either.
        out = browser.evaluate("""[...document.querySelectorAll("main *")].filter(e => !e.closest(".scroll, svg, pre"))
            .filter(e => e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 60))""")
        expect(f"{name}: sticks out at {width} px", out, [])


def main():
    program = chromium.find()
    if not program:
        print("skipped: there is no chromium (scripts/setup --for-check)")
        return 77
    shots = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else None
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.argv[1], folder], check=True)
        root = pathlib.Path(folder).as_uri()
        browser = chromium.Browser(program)
        try:
            browser.size(1280, 844)
            browser.open(f"{root}/full/index.html")
            check_sorting(browser)
            check_links(browser, folder)
            check_switch(browser)
            for name in ("full/index.html", "few_seeds/index.html", "index.html"):
                browser.open(f"{root}/{name}")
                check_width(browser, name)
                if shots:
                    shots.mkdir(parents=True, exist_ok=True)
                    for dark in (False, True):
                        browser.dark(dark)
                        for width in (390, 1280):
                            browser.size(width, 844, mobile=width < 600)
                            stem = name.replace("/", "-").removesuffix(".html")
                            browser.screenshot(shots / f"{stem}-{width}-{'dark' if dark else 'light'}.png")
                    browser.pdf(shots / f"{stem}.pdf")
                    browser.dark(False)
            # The index leads to the pages.
            links = browser.evaluate('[...document.querySelectorAll("article h3 a")].map(a => a.href)')
            expect("links of the index", links, [f"{root}/few_seeds/index.html", f"{root}/full/index.html"])
            browser.open(links[1])
            expect("the page behind the index", browser.evaluate("document.title"), "Do a few samples lift a small model?")
            outside = [url for url in browser.requests if not url.startswith((root, "about:blank"))]
            expect("requests that leave the folder", outside, [])
            expect("requests seen", len(browser.requests) >= 4, True)
            expect("what the console says", browser.console, [])
        finally:
            browser.close()
    for failure in failures:
        print(failure)
    print("all as it should be" if not failures else f"{len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
