"""Which observations of the land are clear, and dilating the scene classification's clouds and shadows.

With dilation a pixel counts as obscured where at least 7.5 % of a 600 m window around it is (landcoverpy's rule; there
snow counts too, here it does not since it is a class). The window is even, so its centre lies between pixels: it covers
as many pixels before the pixel as after and including it. Borders are mirrored, and the sums are exact at any size.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..core.bands import SCL_OBSCURED
from ..core.legend import CLOUDS, NO_DATA
from .resample import upsample_nearest

WINDOW_M = 600
THRESHOLD = 0.075
"""Share of the window's pixels that hides the one in its middle, 0 to 1: the rule of landcoverpy."""
HALO_M = WINDOW_M // 2
"""Land to read around a block, so that its mask does not depend on where the block ends."""
_SCL_RESOLUTION_M = 20


def is_clear(
    codes: NDArray[np.uint8] | None,
    scl: NDArray[np.uint8],
    *,
    dilate: bool,
    resolution_m: int = 10,
    cloud_code: int | None = CLOUDS,
) -> NDArray[np.bool_]:
    """Which pixels of a scene are clear observations of the land.

    An observation is clear where the model sees something else than clouds and the scene classification neither
    cloud, cirrus nor cloud shadow. This is the only definition: the selection of scenes, the search for further ones
    and the composite use it.

    Parameters
    ----------
    codes : classes that the network found, 0 no data; None before the scene is classified.
    scl : scene classification codes of the same shape; with `dilate` `(y, x)`.
    dilate : whether clouds and shadows are dilated first. Where the array is part of a scene it must then begin on a
        whole 20 m pixel, and `HALO_M` at its borders are only approximate.
    cloud_code : of the class of clouds; None where the legend has none, so that the scene classification decides alone.
    resolution_m : 10 where every 20 m pixel of the scene classification is repeated, 20 for its own grid.

    Returns
    -------
    A mask of the shape of `scl`, True where the observation is clear.

    Examples
    --------
    >>> import numpy as np
    >>> codes, scl = np.array([[2, 10, 0, 5]], np.uint8), np.array([[4, 4, 4, 9]], np.uint8)
    >>> is_clear(codes, scl, dilate=False)
    array([[ True, False, False, False]])

    """
    if not dilate:
        clear = ~cloud_shadow_mask(scl)
    elif resolution_m == _SCL_RESOLUTION_M:
        clear = ~dilated(cloud_shadow_mask(scl))
    else:
        clear = ~dilated_cloud_shadow_mask(scl)
    if codes is not None:
        if cloud_code is not None:
            clear &= codes != cloud_code
        clear &= codes != NO_DATA
    return clear


def cloud_shadow_mask(scl: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Where clouds, their shadows or cirrus hide the land, as classified.

    Parameters
    ----------
    scl : scene classification codes of any shape, uint8.

    Returns
    -------
    A mask of the same shape; False for no data.

    Examples
    --------
    >>> cloud_shadow_mask(np.array([[0, 3, 4, 8, 9, 10, 11]], np.uint8)).astype(int).tolist()
    [[0, 1, 0, 1, 1, 1, 0]]

    """
    mask = np.zeros(scl.shape, bool)
    for code in SCL_OBSCURED:  # several times as fast as `isin`
        mask |= scl == code
    return mask


def dilated(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Dilate a mask: True where it was, and where its share of the window around a pixel reaches the threshold.

    Parameters
    ----------
    mask : `(y, x)` on the 20 m grid of the scene classification; the window has `WINDOW_M` a side.

    Returns
    -------
    A mask of the same shape.

    Examples
    --------
    >>> mask = np.zeros((60, 60), bool)
    >>> mask[20:40, 20:40] = True
    >>> int(mask.sum()), int(dilated(mask).sum())
    (400, 1613)

    """
    side = WINDOW_M // _SCL_RESOLUTION_M
    min_count = int(np.ceil(THRESHOLD * side * side - 1e-9))
    return mask | (window_sums(mask, side) >= min_count)


def dilated_cloud_shadow_mask(scl: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Obscured pixels of scene classification codes on the 10 m grid, dilated on their own 20 m grid.

    Parameters
    ----------
    scl : `(y, x)` uint8 with every 20 m pixel repeated, beginning on a whole one; sizes may be odd.

    Returns
    -------
    A mask of the same shape.

    """
    mask = dilated(cloud_shadow_mask(scl[::2, ::2]))
    return upsample_nearest(mask)[: scl.shape[0], : scl.shape[1]]


def window_sums(mask: NDArray[np.bool_], side: int) -> NDArray[np.int64]:
    """How many pixels of the window around each pixel are set; the mask is mirrored at its borders.

    The window of pixel i covers i - (side - 1) // 2 to i + side // 2.

    Parameters
    ----------
    mask : `(y, x)`, at least as large as half a window.
    side : rows and columns of the window, in pixels.

    Returns
    -------
    Counts of the same shape, exact at any size.

    Examples
    --------
    >>> window_sums(np.array([[1, 0, 0], [0, 0, 0], [0, 0, 1]], bool), 3).tolist()
    [[4, 2, 0], [2, 2, 2], [0, 2, 4]]

    """
    before, after = (side - 1) // 2, side // 2
    padded = np.pad(mask, ((before, after), (before, after)), mode="symmetric")
    sums = np.zeros((padded.shape[0] + 1, padded.shape[1] + 1), np.int64)
    np.cumsum(np.cumsum(padded, axis=0, dtype=np.int64), axis=1, out=sums[1:, 1:])
    return sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]
