"""The demo's page: one HTML file, its pictures beside it, no script, nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template

from visionhub import __version__

PAGE = "index.html"
MARK = '<meta name="generator" content="visionhub demo">'
WHOLE = Template("""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
$mark
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>visionhub: what is in these pictures</title>
<style>
:root { --ink: #1c1e21; --faint: #5d636b; --paper: #fff; --sheet: #f3f4f6; --line: #d9dce1 }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e8eb; --faint: #9aa1ab; --paper: #15171a; --sheet: #1f2226; --line: #34383e }
}
body { max-width: 64rem; margin: 0 auto; padding: 2rem 1.2rem; color: var(--ink); background: var(--paper);
  font: 1rem/1.5 system-ui, sans-serif }
h1 { font-size: 1.7rem; margin: 0 0 .4rem } h2 { font-size: 1.25rem; margin: 0 }
p { margin: .3rem 0 1rem; max-width: 46rem } .faint { color: var(--faint); font-size: .9rem }
section { border-top: 1px solid var(--line); padding: 1.6rem 0; display: grid; gap: .2rem 1.6rem;
  grid-template-columns: minmax(0, 1fr) minmax(0, 1fr) }
section > div:first-child { grid-column: 1 / -1 }
img { max-width: 100%; height: auto; display: block; border-radius: 4px }
pre { margin: 0 0 .7rem; padding: .6rem .8rem; overflow: auto; max-height: 24rem; background: var(--sheet); border-radius: 4px;
  font: .85rem/1.45 ui-monospace, Menlo, Consolas, monospace }
pre.line { white-space: pre-wrap; overflow-wrap: anywhere }
@media (max-width: 44rem) { section { grid-template-columns: minmax(0, 1fr) } }
</style>
</head>
<body>
<h1>What is in these pictures</h1>
<p>Answered on this machine by visionhub $version; no picture left it. Every answer below came from the line beside it: run the
lines in the folder of this page. Python begins with <code>from visionhub import Hub</code>.</p>
$sections
<p class="faint">$origins</p>
</body>
</html>
""")
SECTION = Template("""\
<section>
<div><h2>$task</h2><p>$about <span class="faint">Model: $model.</span></p></div>
<a href="$drawn"><img src="$drawn" alt="The answer to $task, drawn on its picture"></a>
<div>
<pre class="line">$python</pre>
<pre class="line">$shell</pre>
<pre>$values</pre>
</div>
</section>""")


@dataclass(frozen=True, slots=True)
class Shown:
    """An answer as the page has it. `drawn` is the name of a file beside the page, `values` are lines of text."""

    task: str
    about: str
    drawn: str
    python: str
    shell: str
    model: str
    values: str


def page(shown: Sequence[Shown], origins: str) -> bytes:
    """The page, with as many answers as there are; `origins` says where the pictures come from."""
    sections = [
        SECTION.substitute({name: escape(getattr(one, name)) for name in Shown.__dataclass_fields__}) for one in shown
    ]
    whole = WHOLE.substitute(mark=MARK, version=__version__, sections="\n".join(sections), origins=escape(origins))
    return whole.encode()


def is_page(path: Path) -> bool:
    """Whether an earlier demo wrote this file."""
    try:
        return MARK in path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return False
