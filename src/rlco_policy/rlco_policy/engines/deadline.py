# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Graphs that do not come to an end by themselves: a loop in one may ask for 2^62 rounds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer

import onnxruntime as ort

from rlco_core.errors import BundleError


def overdue(seconds: float) -> BundleError:
    """For a graph that took longer."""
    return BundleError(
        f"the model has not answered all that it was asked within {seconds:g} s; "
        "a policy should answer within a fraction of one"
    )


class Deadline:
    """Ends runs of ONNX Runtime.

    Attributes:
        options: with which every run has to be made.
    """

    def __init__(self) -> None:
        self.options = ort.RunOptions()
        # What fails is raised, too.
        self.options.log_severity_level = 4

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """What runs meanwhile ends by then.

        Raises:
            BundleError: it had not ended by itself.
        """
        timer = Timer(seconds, self._end)
        timer.daemon = True
        timer.start()
        try:
            yield
        except Exception as error:
            if self.options.terminate:
                raise overdue(seconds) from error
            raise
        finally:
            timer.cancel()
            timer.join()
            self.options.terminate = False

    def _end(self) -> None:
        self.options.terminate = True
