"""The structure of a UNet in numbers, and what follows from it: the shapes of its weights and how far it sees.

Nothing here needs PyTorch, so that a network can also be read and run without it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass

LOG_GAIN = 50.0
"""Reflectance is taken as log(1 + 50 r): 0.02 is the middle between water and dark land (Brown et al. 2022)."""
_NORMALISATION = ("weight", "bias", "running_mean", "running_var")


@dataclass(frozen=True)
class Architecture:
    """What must be known to build the network before its weights are loaded."""

    full_width: int = 24
    """Channels of the finest branch."""
    widths: tuple[int, ...] = (32, 64, 96, 128)
    """Channels at a half, a quarter, an eighth … of its resolution."""
    depths: tuple[int, ...] = (2, 2, 2, 1)
    """3x3 convolutions per level on the way down."""
    cell: int = 1
    """Side in pixels of the blocks merged at the input, their bands side by side; the last layer separates them."""

    @property
    def stride(self) -> int:
        """Total downsampling: sides of chips are multiples of this."""
        return int(self.cell * 2 ** len(self.widths))

    @property
    def margin(self) -> int:
        """Pixels from a chip's border within which a class may depend on what lies beyond it; a multiple of the stride.

        Sum of the reach of every 3x3 convolution at its resolution, and of the pixels that share one coarse cell.
        """
        reach: int = 1
        for level, depth in enumerate(self.depths):
            reach += 2**level + (depth - 1) * 2 ** (level + 1)
        reach = self.cell * (reach + sum(2**level for level in range(len(self.widths)))) + self.stride - 1
        return int(-(-reach // self.stride) * self.stride)

    @property
    def core_margins(self) -> tuple[int, int]:
        """Pixels that a chip needs before and after a core that starts and ends on multiples of the stride.

        Less than `margin`, which holds for a core of any phase: the first and last pixel that the core depends on are
        followed through every layer. Strided convolutions and nearest neighbours lean to one side, so the two differ.

        Examples
        --------
        >>> Architecture().core_margins, Architecture().margin
        ((48, 32), 64)

        """
        first, last, skips = 0, -1, []
        for _ in self.widths:
            first, last = first - 1, last + 1  # the 3x3 convolution that joins the upsampled and the skip
            skips.append((first, last))
            first, last = first // 2, last // 2
        for depth, skip in zip(reversed(self.depths), reversed(skips)):
            first, last = first - (depth - 1), last + (depth - 1)
            first, last = min(2 * first - 1, skip[0]), max(2 * last + 1, skip[1])
        before, after = self.cell * (1 - first), self.cell * (last + 2)  # with the convolution at full resolution
        return int(-(-before // self.stride) * self.stride), int(-(-after // self.stride) * self.stride)

    @property
    def block_names(self) -> tuple[str, ...]:
        """Names of the blocks in the order of the computation; ReLU ends each of them.

        Examples
        --------
        >>> Architecture(widths=(8,), depths=(2,)).block_names
        ('full', 'down.0.0', 'down.0.1', 'up.0.narrow', 'up.0.join')

        """
        return tuple(name for name, *_ in self._blocks(1))

    def to_dict(self) -> dict[str, object]:
        """Plain types, for the card."""
        return asdict(self)

    def weight_shapes(self, band_count: int, class_count: int) -> dict[str, tuple[int, ...]]:
        """Shapes of all weights by name, but for the counters of normalisations, which are single numbers.

        Parameters
        ----------
        band_count, class_count : of input and output.

        Returns
        -------
        The names and shapes of `UNet.state_dict()`.

        """
        shapes: dict[str, tuple[int, ...]] = dict.fromkeys(("input.mean", "input.scale"), (1, band_count, 1, 1))
        for name, channels_in, channels_out, size in self._blocks(band_count):
            shapes[f"{name}.0.weight"] = (channels_out, channels_in, size, size)
            shapes |= {f"{name}.1.{part}": (channels_out,) for part in _NORMALISATION}
        outputs = class_count * self.cell**2
        return shapes | {"head.weight": (outputs, self.full_width, 1, 1), "head.bias": (outputs,)}

    def _blocks(self, band_count: int) -> Iterator[tuple[str, int, int, int]]:
        """Name, channels in and out, and size of each convolution that a normalisation follows."""
        yield "full", band_count * self.cell**2, self.full_width, 3
        channels = self.full_width
        for level, (width, depth) in enumerate(zip(self.widths, self.depths)):
            for number in range(depth):
                yield f"down.{level}.{number}", channels, width, 3
                channels = width
        for level, skip in enumerate(reversed((self.full_width, *self.widths[:-1]))):
            yield f"up.{level}.narrow", channels, skip, 1
            yield f"up.{level}.join", 2 * skip, skip, 3
            channels = skip
