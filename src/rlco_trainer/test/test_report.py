# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The report: complete, self-contained, escaped, and the same numbers as the JSON."""

from __future__ import annotations

import base64
import io
import json
import re
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from rlco_trainer.evaluation.results import EpisodeResult, EvaluationResult, Latency, Tally
from rlco_trainer.report.page import EMBEDDED_FILM_BYTES
from rlco_trainer.report.report import print_table, thumbnail, write_report
from rlco_trainer.report.svg import NEUTRAL, fill_of, histogram, interval_bar, nice_ticks
from rlco_trainer.video import write_mp4

VOID = {"meta", "link", "input", "img", "br"}
EVIL = '<script>alert("1")</script><img src=x onerror=alert(2)> & "\'push\'"'


@dataclass
class Page(HTMLParser):
    """Collects a page's elements and text; fails on tags that do not match."""

    elements: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    open_tags: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open_tags.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open_tags.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def parse(path: Path) -> Page:
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    page.close()
    assert page.open_tags == []
    return page


def evaluation(count: int = 12, **changes: object) -> EvaluationResult:
    episodes = tuple(
        EpisodeResult(
            seed=10000 + index,
            instruction=f"push the {('red', 'green', 'blue')[index % 3]} cube",
            subject=("red", "green", "blue")[index % 3],
            success=index % 4 != 3,
            steps=50 + index,
            stop_reason="success" if index % 4 != 3 else "chunk_timeout",
        )
        for index in range(count)
    )
    result = EvaluationResult(
        task="push_cube",
        domain="twin",
        split="train",
        policy="bundle",
        bundle_sha256="0123456789abcdef" * 4,
        mode="ros",
        robot="panda",
        episodes=episodes,
        latency_ms=Latency.of(np.random.default_rng(0).gamma(8, 0.5, 300).tolist()),
        decisions_per_second=210.0,
        wall_seconds=73.0,
        versions={"rlco": "0.1.0", "numpy": "2.4"},
        command="rlco eval --ros --json report.json",
    )
    return replace(result, **changes)  # type: ignore[arg-type]


def with_text(result: EvaluationResult, text: str) -> EvaluationResult:
    """The evaluation with ``text`` in every place that others can fill."""
    episodes = (EpisodeResult(7, text, text, True, 9, text),)
    return replace(
        result, episodes=episodes, task=text, domain=text, split=text, robot=text,
        command=text, bundle_sha256=text, versions={text: text},
    )  # fmt: skip


def test_page_holds_every_episode_and_number(tmp_path: Path) -> None:
    result = evaluation()
    page = parse(write_report(result, tmp_path, {}))
    words = " ".join(page.text)
    for episode in result.episodes:
        assert page.text.count(str(episode.seed)) == 1
        assert f"{episode.steps} steps" in page.text
    assert page.text.count("✓ success") == 9
    assert page.text.count("✗ chunk timeout") == 3
    for text in ("75.0%", "9 of 12", "46.8 to 91.1%", "210.0", "1 min 13 s", "over ROS 2"):
        assert text in words
    assert result.bundle_sha256 in page.text
    assert result.command in page.text
    assert "numpy 2.4 · rlco 0.1.0" in page.text


def test_json_beside_the_page_is_the_result(tmp_path: Path) -> None:
    result = evaluation()
    write_report(result, tmp_path / "runs" / "demo", {})
    document = json.loads((tmp_path / "runs" / "demo" / "report.json").read_text())
    assert EvaluationResult.from_json(document) == result


def test_page_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    write_mp4(tmp_path / "success.mp4", [np.zeros((64, 64, 3), np.uint8)] * 3, 20)
    path = write_report(evaluation(), tmp_path, {10000: np.zeros((64, 64, 3), np.uint8)})
    page = parse(path)
    sources = [a["src"] for _, a in page.elements if "src" in a]
    assert len(sources) == 2
    assert all(str(source).startswith("data:") for source in sources)
    assert all(str(a["href"]).startswith("data:") for a in page.all("link"))
    assert not page.all("script")
    assert not re.search(r"url\(|@import|https?://(?!www\.w3\.org/2000/svg)", path.read_text())


def test_foreign_text_is_escaped_everywhere(tmp_path: Path) -> None:
    path = write_report(with_text(evaluation(), EVIL), tmp_path, {})
    page = parse(path)
    assert EVIL in page.text
    assert not page.all("script")
    assert not page.all("img")
    assert not any(name.startswith("on") for _, a in page.elements for name in a)
    assert "<script" not in path.read_text()


def test_last_frames_are_shown_for_their_seeds(tmp_path: Path) -> None:
    picture = np.zeros((240, 320, 3), np.uint8)
    picture[:, :, 0] = 220
    images = parse(write_report(evaluation(), tmp_path, {10003: picture})).all("img")
    assert [image["alt"] for image in images] == ["last frame of seed 10003"]
    data = base64.b64decode(str(images[0]["src"]).removeprefix("data:image/jpeg;base64,"))
    shown = np.asarray(Image.open(io.BytesIO(data)))
    assert shown.shape == (240, 320, 3)
    assert np.abs(shown.astype(int) - picture).max() < 10


def test_large_pictures_are_made_small() -> None:
    image = Image.open(io.BytesIO(thumbnail(np.zeros((720, 1280, 3), np.uint8))))
    assert image.size == (320, 180)


def test_small_films_play_in_the_page_and_all_are_linked(tmp_path: Path) -> None:
    frames = [np.full((64, 64, 3), shade, np.uint8) for shade in range(5)]
    write_mp4(tmp_path / 'failure "1" & more.mp4', frames, 20)
    write_mp4(tmp_path / "success.mp4", frames, 20)
    (tmp_path / "failure_long.mp4").write_bytes(bytes(EMBEDDED_FILM_BYTES))
    page = parse(write_report(evaluation(), tmp_path, {}))
    films = [base64.b64decode(str(video["src"]).split(",")[1]) for video in page.all("video")]
    assert films == [
        (tmp_path / "success.mp4").read_bytes(),
        (tmp_path / 'failure "1" & more.mp4').read_bytes(),
    ]
    links = [a["href"] for a in page.all("a")]
    assert links == [
        "success.mp4",
        "failure%20%221%22%20%26%20more.mp4",
        "failure_long.mp4",
        "report.json",
    ]


def test_page_without_timed_decisions_says_so(tmp_path: Path) -> None:
    page = parse(write_report(evaluation(latency_ms=Latency.of([])), tmp_path, {}))
    assert "No decision was timed." in page.text
    assert page.text.count("not measured") == 2


def test_second_report_replaces_the_first(tmp_path: Path) -> None:
    write_report(evaluation(12), tmp_path, {})
    page = parse(write_report(evaluation(1), tmp_path, {}))
    assert "10001" not in page.text
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.html", "report.json"]


def test_table_has_a_row_per_colour_and_one_for_all() -> None:
    console = Console(file=io.StringIO(), width=100)
    print_table(evaluation(), console)
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in text.splitlines()]
    assert ["red", "4", "3", "75.0%", "30.1 to 95.4%"] in rows
    assert ["all", "12", "9", "75.0%", "46.8 to 91.1%"] in rows
    assert re.search(r"210\.0 decisions per second; .*p50 \d\.\d ms, p99 \d\.\d ms", text)


def test_table_takes_text_as_it_is() -> None:
    console = Console(file=io.StringIO(), width=300)
    print_table(with_text(evaluation(), "[bold]x[/nope]"), console)
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue().count("[bold]x[/nope]") == 4


def test_bar_and_whiskers_lie_where_the_numbers_say() -> None:
    svg = interval_bar(Tally(20, 18), "#123456")
    assert 'width="90.00%"' in svg
    assert 'x1="69.90%"' in svg
    assert 'x2="97.21%"' in svg


def test_unknown_colour_gets_the_neutral_fill() -> None:
    assert fill_of("red") != NEUTRAL
    assert fill_of('red"/><script>') == NEUTRAL


@pytest.mark.parametrize("samples", [[3.0], [5.0] * 40, [0.0, 1e4], list(np.arange(1.0, 90.0))])
def test_histogram_stays_in_its_frame(samples: list[float]) -> None:
    svg = histogram(Latency.of(samples))
    positions = [float(x) for x in re.findall(r'x[12]?="([\d.-]+)%"', svg)]
    heights = [float(h) for h in re.findall(r'class="bin"[^>]* height="([\d.-]+)"', svg)]
    assert 0 <= min(positions) <= max(positions) <= 100
    assert max(heights) == pytest.approx(152)


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0.0, 10.0, [0, 2, 4, 6, 8, 10]),
        (2.3, 4.1, [2.5, 3.0, 3.5, 4.0]),
        (0.0, 370.0, [0, 100, 200, 300]),
        (4.0, 4.001, [4.0, 4.0002, 4.0004, 4.0006, 4.0008, 4.001]),
    ],
)
def test_nice_ticks_are_round(low: float, high: float, ticks: list[float]) -> None:
    assert nice_ticks(low, high) == pytest.approx(ticks)
