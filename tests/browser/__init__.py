"""Pages in a real browser: Chromium, driven by Playwright, judged by axe-core and by sight.

`chromium` drives the browser, `looks` judges a screen, `looks.js` reads what is drawn. A screen is
loaded with its scripts off, as a page of ours has none; only then may the judges run theirs.
"""
