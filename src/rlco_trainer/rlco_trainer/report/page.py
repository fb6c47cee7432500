# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The page of a report: one HTML text that needs no other file; every foreign text is escaped."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from urllib.parse import quote

from rlco_trainer.evaluation.results import EpisodeResult, EvaluationResult, Latency, Tally
from rlco_trainer.progress import duration
from rlco_trainer.report.style import STYLE
from rlco_trainer.report.svg import NEUTRAL, fill_of, histogram, interval_bar

EMBEDDED_FILM_BYTES = 2_000_000
MODES = {"in_process": "in process", "ros": "over ROS 2"}
ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
    "%3Crect width='16' height='16' rx='4' fill='%233566d6'/%3E%3C/svg%3E"
)


def page(result: EvaluationResult, thumbnails: Mapping[int, bytes], films: Sequence[Path]) -> str:
    """The whole document; ``thumbnails`` are JPEG files by seed, ``films`` are mp4 files."""
    title = escape(f"{percent(result.overall.rate)} · {result.task} · rlco evaluation")
    sections = (
        _header(result),
        _headline(result),
        _films(films),
        f'<div class="pair">{_subjects(result)}{_latency(result.latency_ms)}</div>',
        _episodes(result.episodes, thumbnails),
        _provenance(result),
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{title}</title><link rel="icon" href="{ICON}"><style>{STYLE}</style></head>\n'
        f"<body><main>{''.join(sections)}</main></body></html>\n"
    )


def percent(fraction: float) -> str:
    """A rate for people: ``92.5%``."""
    return f"{100 * fraction:.1f}%"


def interval(tally: Tally) -> str:
    """The 95% interval for people: ``69.9 to 97.2%``."""
    low, high = (100 * bound for bound in tally.ci95)
    return f"{low:.1f} to {high:.1f}%"


def milliseconds(value: float | None) -> str:
    """A latency for people."""
    return "not measured" if value is None else f"{value:.1f} ms"


def _header(result: EvaluationResult) -> str:
    chips = {
        "domain": result.domain,
        "robot": result.robot,
        "ran": MODES[result.mode],
        "bundle": result.bundle_sha256[:12],
    }
    items = "".join(f"<span>{name} <b>{escape(text)}</b></span>" for name, text in chips.items())
    heading = escape(result.task.replace("_", " ").capitalize())
    return (
        f'<div class="eyebrow">rlco evaluation</div><h1>{heading}</h1>'
        f'<div class="chips">{items}</div>'
    )


def _headline(result: EvaluationResult) -> str:
    overall, latency = result.overall, result.latency_ms
    figures = {
        "Decisions per second": f"{result.decisions_per_second:,.1f}",
        "Wall time": duration(result.wall_seconds),
        "Latency p50": milliseconds(latency.p50),
        "Latency p99": milliseconds(latency.p99),
    }
    tiles = "".join(f"<div><dt>{name}</dt><dd>{text}</dd></div>" for name, text in figures.items())
    return (
        '<section class="card headline"><div>'
        f'<div class="rate">{percent(overall.rate)}<small>of episodes succeeded</small></div>'
        f'<p class="interval"><b>{overall.successes} of {overall.episodes}</b> episodes, '
        f"95% interval <b>{interval(overall)}</b></p>"
        f"{interval_bar(overall, 'var(--accent)', 28)}"
        '<div class="axis"><span>0%</span><span>50%</span><span>100%</span></div></div>'
        f'<dl class="figures">{tiles}</dl></section>'
    )


def _films(films: Sequence[Path]) -> str:
    if not films:
        return ""
    figures = "".join(_film(film) for film in films)
    return f'<section class="card"><h2>Films</h2><div class="films">{figures}</div></section>'


def _film(film: Path) -> str:
    """A player if the film is small, and a link to the file beside the page in any case."""
    title, href = escape(film.stem.replace("_", " ").capitalize()), escape(quote(film.name))
    player = ""
    if film.stat().st_size < EMBEDDED_FILM_BYTES:
        data = base64.b64encode(film.read_bytes()).decode()
        player = (
            '<video controls muted loop playsinline preload="auto" '
            f'src="data:video/mp4;base64,{data}"></video>'
        )
    link = f'<a href="{href}">{escape(film.name)}</a>'
    return f"<figure>{player}<figcaption><span>{title}</span>{link}</figcaption></figure>"


def _subjects(result: EvaluationResult) -> str:
    rows = "".join(
        _subject_row(name, tally, fill_of(name)) for name, tally in result.by_instruction.items()
    )
    return (
        '<section class="card"><h2>By subject</h2><table><thead><tr><th>Subject</th>'
        '<th>Successes</th><th>Rate</th><th class="wide"><span class="ends">0 to 100%</span>'
        '<span class="under">95% interval</span></th><th class="ends">95% interval</th>'
        f"</tr></thead><tbody>{rows}"
        f"{_subject_row('all', result.overall, NEUTRAL, 'total')}</tbody></table></section>"
    )


def _subject_row(name: str, tally: Tally, fill: str, css: str = "") -> str:
    return (
        f'<tr class="{css}"><td class="colour"><i class="dot" style="background:{fill}"></i>'
        f"{escape(name)}</td>"
        f'<td>{tally.successes} <span class="soft">of {tally.episodes}</span></td>'
        f'<td>{percent(tally.rate)}</td><td class="wide">{interval_bar(tally, fill)}'
        f'<span class="under soft">{interval(tally)}</span></td>'
        f'<td class="ends soft">{interval(tally)}</td></tr>'
    )


def _latency(latency: Latency) -> str:
    if latency.max is None:
        body = '<p class="note">No decision was timed.</p>'
    else:
        beyond = f", the last bar holds all up to {latency.max:.1f} ms"
        more = beyond if latency.max > latency.edges[-1] + 1e-3 else ""
        body = (
            f'{histogram(latency)}<p class="note">{_counted(latency.count, "decision")}{more}.</p>'
        )
    return f'<section class="card"><h2>Observation to command</h2>{body}</section>'


def _episodes(episodes: Sequence[EpisodeResult], thumbnails: Mapping[int, bytes]) -> str:
    won = sum(episode.success for episode in episodes)
    choices = {
        "all": f"All {len(episodes)}",
        "won": f"Successes {won}",
        "lost": f"Failures {len(episodes) - won}",
    }
    inputs = "".join(
        f'<input type="radio" name="show" id="{key}"{" checked" if key == "all" else ""}>'
        for key in choices
    )
    labels = "".join(f'<label for="{key}">{text}</label>' for key, text in choices.items())
    cells = "".join(_episode(episode, thumbnails.get(episode.seed)) for episode in episodes)
    return (
        f'<section class="card episodes"><h2>Episodes</h2>{inputs}'
        f'<div class="filter">{labels}</div><div class="cells">{cells}</div></section>'
    )


def _episode(episode: EpisodeResult, thumbnail: bytes | None) -> str:
    css, sign = ("success", "✓") if episode.success else ("failure", "✗")
    picture = "" if thumbnail is None else _thumbnail(episode.seed, thumbnail)
    reason = escape(episode.stop_reason.replace("_", " "))
    return (
        f'<article class="cell {css}">{picture}<div><header><span class="seed">{episode.seed}'
        f"</span><span>{_counted(episode.steps, 'step')}</span></header>"
        f"<p>{escape(episode.instruction)}</p>"
        f'</div><footer><span class="badge">{sign} {reason}</span></footer></article>'
    )


def _thumbnail(seed: int, jpeg: bytes) -> str:
    data = base64.b64encode(jpeg).decode()
    return f'<img alt="last frame of seed {seed}" src="data:image/jpeg;base64,{data}">'


def _provenance(result: EvaluationResult) -> str:
    seeds = [episode.seed for episode in result.episodes]
    versions = " · ".join(f"{name} {text}" for name, text in sorted(result.versions.items()))
    facts = {
        "Command": f'<code class="command">{escape(result.command)}</code>',
        "Bundle": f"<code>{escape(result.bundle_sha256)}</code> (SHA-256 of its manifest)",
        "Seeds": f"{len(seeds)}, from {min(seeds)} to {max(seeds)}",
        "Versions": escape(versions),
        "Numbers": '<a href="report.json">report.json</a>',
    }
    items = "".join(f"<dt>{name}</dt><dd>{text}</dd>" for name, text in facts.items())
    return (
        f'<section class="card"><h2>Where it came from</h2><dl class="facts">{items}</dl></section>'
    )


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
