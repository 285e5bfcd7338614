"""Answers that fit a JSON schema: at each step a model may only write what can still become such an answer."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import torch
from transformers import LogitsProcessor

from visionhub.errors import ConfigError, InputError

ASK = "Answer in JSON that fits this schema: {schema}"


class Structure:
    """What a tokenizer's tokens can spell. `ends` are the tokens after which a model writes nothing."""

    def __init__(self, tokenizer: Any, ends: Sequence[int], name: str) -> None:
        self._tokenizer = tokenizer
        self._ends = list(ends)
        self._name = name

    def grammar(self, schema: Mapping[str, Any]) -> str:
        """Of a schema. Raises `InputError` for one that makes no sense, `ConfigError` if the model cannot be held to any."""
        fault, made = "", ""
        try:
            made = self._kind.grammar_from_json_schema(json.dumps(schema), defaults={"whitespace_flexible": False})
            fault = self._kind.validate_grammar(made, self._spelling)
        except (TypeError, ValueError) as error:
            fault = str(error)
        if fault:
            raise InputError(
                f"The schema cannot be used: {' '.join(fault.split())[:300]}", hint="It is a JSON schema, as a dict."
            )
        return made

    def fitting(self, grammars: Sequence[str | None]) -> LogitsProcessor:
        """For a batch of answers, each of which fits its grammar, or is free. It serves one batch."""
        matchers = [self._kind(self._spelling, grammar) if grammar else None for grammar in grammars]
        return _Fitting(matchers, self._ends)

    @cached_property
    def _kind(self) -> Any:
        try:
            from llguidance import LLMatcher
        except ImportError as error:
            raise ConfigError("Answers by a schema need llguidance.", hint="pip install 'visionhub[torch]'") from error
        return LLMatcher

    @cached_property
    def _spelling(self) -> Any:
        from llguidance.hf import from_tokenizer

        try:
            return from_tokenizer(self._tokenizer, eos_token=self._ends)
        except (TypeError, ValueError, AssertionError, AttributeError, RuntimeError) as error:
            raise ConfigError(
                f"{self._name} cannot be held to a schema: its tokenizer does not say how its tokens are spelled.",
                hint="Ask without one, or choose another model.",
            ) from error


class _Fitting(LogitsProcessor):
    def __init__(self, matchers: Sequence[Any], ends: Sequence[int]) -> None:
        self._matchers = matchers
        self._ends = torch.tensor(ends)
        self._is_begun = False

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        for matcher, tokens, row in zip(self._matchers, input_ids, scores, strict=True):
            if matcher is None:
                continue
            if self._is_begun and not matcher.is_stopped():
                matcher.consume_token(int(tokens[-1]))
            row.masked_fill_(~self._allowed(matcher, len(row)).to(row.device), -torch.inf)
        self._is_begun = True
        return scores

    def _allowed(self, matcher: Any, count: int) -> torch.Tensor:
        allowed = torch.zeros(count, dtype=torch.bool)
        if matcher.is_stopped():
            allowed[self._ends] = True
            return allowed
        bits = np.unpackbits(np.frombuffer(matcher.compute_bitmask(), np.uint8), bitorder="little")[:count]
        allowed[: len(bits)] = torch.from_numpy(bits.astype(np.bool_))
        return allowed
