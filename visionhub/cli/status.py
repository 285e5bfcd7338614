"""`visionhub status`: routes, limits, and what was spent."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from visionhub.cli.screen import Screen, table


def status(as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False) -> None:
    """Who answers which task, within which limits, and what was spent today.

    What a running program has measured, only `hub.status()` in it can say.
    """
    from visionhub.config import read

    screen, settings = Screen(), read()
    spending = _spending(settings)
    routes = {name: {"strategy": route.strategy, "use": list(route.use)} for name, route in settings.routes.items()}
    if as_json:
        screen.write(json.dumps({"routes": routes, "provider": settings.provider, **spending}))
        return
    rows = table("route", "strategy", "asks", left=["strategy", "asks"])
    for name, route in routes.items():
        rows.add_row(name, str(route["strategy"]), ", ".join(route["use"]))
    rows.add_row("otherwise", "fallback", ", ".join(settings.provider))
    screen.show(rows)
    if spending:
        budget = spending["budget"]
        money = table("USD", "booked", "limit")
        for word, booked in (("today", budget["today_usd"]), ("this month", budget["month_usd"])):
            limit = budget["daily_usd" if word == "today" else "monthly_usd"]
            money.add_row(word, f"{booked:.4f}", "none" if limit is None else f"{limit:g}")
        for name, usd in spending["today"].items():
            money.add_row(f"  {name}", f"{usd:.4f}", "")
        screen.show("", money)


def _spending(settings: Any) -> dict[str, Any]:
    from visionhub.pipeline import Pipeline

    pipeline = Pipeline(None, settings)
    told = pipeline.status().get("budget")
    return {"budget": told, "today": dict(pipeline.ledger.today())} if told else {}
