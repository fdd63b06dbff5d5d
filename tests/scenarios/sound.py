# SPDX-License-Identifier: Apache-2.0
"""sound - is what was heard what was said? Alignment, then correlation of loudness."""

import array
import wave

from harness import wait_until

LIKENESS = 0.8   # other speech reaches 0.4; a busy machine's late frames cost a little
LATE_MOST = 300  # hundredths of a second until the speech may begin


def samples(path):
    try:
        with wave.open(str(path)) as file:
            frames, rate = file.readframes(file.getnframes()), file.getframerate()
    except (OSError, EOFError, wave.Error):
        return array.array("h"), 8000
    values = array.array("h")
    values.frombytes(frames[:len(frames) // 2 * 2])
    return values, rate


def loudness(path):
    values, rate = samples(path)
    step = rate // 100
    return [sum(abs(value) for value in values[at:at + step]) / step
            for at in range(0, len(values) - step, step)]


def correlation(left, right):
    mean_left, mean_right = sum(left) / len(left), sum(right) / len(right)
    top = sum((a - mean_left) * (b - mean_right) for a, b in zip(left, right))
    power = sum((a - mean_left) ** 2 for a in left) * sum((b - mean_right) ** 2 for b in right)
    return top / power ** 0.5 if power > 0 else 0.0


def likeness(said, heard):
    """The best over all alignments of the whole of what was said."""
    said, heard = loudness(said), loudness(heard)
    heard = heard[:len(said) + LATE_MOST]
    return max((correlation(said, heard[at:at + len(said)])
                for at in range(len(heard) - len(said) + 1)), default=0.0)


def wait_heard(said, heard, seconds=40):
    """Looks once a whole length of speech can have passed, and again while it grows."""
    sizes = []

    def look():
        size = heard.stat().st_size if heard.exists() else 0
        if sizes and size < sizes[-1] + 100000:
            return None
        sizes.append(size)
        found = likeness(said, heard)
        return found if found >= LIKENESS else None
    return wait_until(look, f"{said.name} to be heard in {heard.name}", seconds)
