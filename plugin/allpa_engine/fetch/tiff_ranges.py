"""Where the blocks of a TIFF lie, so that a window of a remote one costs two or three requests.

The header of the full-resolution image is read, the byte ranges of the blocks under a window are fetched together, and
a small TIFF of these blocks alone is put together in memory for GDAL to decode. Classic and big TIFFs of either byte
order, in tiles or strips (TIFF 6.0; BigTIFF design of libtiff).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ..core.errors import SceneUnreadable

HEAD_BYTES = 32_768
"""First request: holds the whole header of any COG of a Sentinel-2 band."""
GAP_BYTES = 131_072
"""Ranges with less between them are fetched as one."""

_TYPE_FORMATS = {1: "B", 2: "s", 3: "H", 4: "I", 6: "b", 7: "s", 8: "h", 9: "i", 11: "f", 12: "d", 16: "Q"}
_WIDTH, _HEIGHT, _SAMPLES, _ROWS_PER_STRIP, _TILE_WIDTH, _TILE_HEIGHT = 256, 257, 277, 278, 322, 323
_STRIP_OFFSETS, _STRIP_COUNTS, _TILE_OFFSETS, _TILE_COUNTS = 273, 279, 324, 325
_COMPRESSION, _NOT_COMPRESSED = 259, 1
_CRS = (34735, 34736, 34737)
"""Tags of the coordinate system."""
_KEPT = (258, 259, 262, 266, 277, 284, 317, 339, 33550, 33922, 34264, *_CRS)
"""Tags that say how blocks are coded and where the image lies."""
_MOST_ENTRIES = 4096

Read = Callable[[int, int], bytes]
"""Gives the bytes from `start` to `stop` (exclusive) of the file."""


@dataclass(frozen=True)
class Layout:
    """The full-resolution image of a TIFF with one band."""

    order: str
    """Byte order, `<` or `>`."""
    tiled: bool
    """Whether blocks are tiles; strips else."""
    width: int
    height: int
    block_width: int
    block_height: int
    offsets: tuple[int, ...]
    """First byte of each block, row by row; 0 where the block was not written."""
    counts: tuple[int, ...]
    """Bytes of each block."""
    tags: tuple[tuple[int, int, int, bytes], ...]
    """Kept tags: number, type, count of values, bytes of the values."""

    @property
    def columns(self) -> int:
        """Blocks side by side."""
        return -(-self.width // self.block_width)

    @property
    def rows(self) -> int:
        """Blocks one above the other."""
        return -(-self.height // self.block_height)

    @property
    def is_compressed(self) -> bool:
        """Whether the length of a block depends on its pixels."""
        return any(
            tag == _COMPRESSION and struct.unpack(self.order + "H", data[:2]) != (_NOT_COMPRESSED,)
            for tag, _, _, data in self.tags
        )

    @property
    def without_crs(self) -> Layout:
        """The same without its coordinate system, which takes GDAL as long to make out as a block to decode."""
        return replace(self, tags=tuple(tag for tag in self.tags if tag[0] not in _CRS))

    @property
    def end(self) -> int:
        """First byte after the last block; a file that is shorter was cut."""
        return max((offset + count for offset, count in zip(self.offsets, self.counts)), default=0)


def is_tiff(head: bytes) -> bool:
    """Whether a file that begins like this is a TIFF."""
    return head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def read_layout(read: Read) -> Layout:
    """Read the header of a TIFF.

    Raises
    ------
    SceneUnreadable : where it makes no sense.
    """
    try:
        return _layout(read)
    except (struct.error, KeyError, IndexError, ValueError, OverflowError) as error:
        raise SceneUnreadable("A file of the scene is damaged: its header cannot be read.", str(error)) from error


def _layout(read: Read) -> Layout:
    head = read(0, 16)
    order = "<" if head[:2] == b"II" else ">"
    big = struct.unpack(order + "H", head[2:4])[0] == 43
    entry_format, word = (order + "HHQ8s", "Q") if big else (order + "HHI4s", "I")
    (start,) = struct.unpack(order + word, head[8:16] if big else head[4:8])
    count_bytes, entry_bytes = (8, 20) if big else (2, 12)
    (entries,) = struct.unpack(order + ("Q" if big else "H"), read(start, start + count_bytes))
    if not 0 < entries <= _MOST_ENTRIES:
        raise ValueError(f"{entries} tags")
    table = read(start + count_bytes, start + count_bytes + entries * entry_bytes)
    found = {tag: (kind, count, inline) for tag, kind, count, inline in struct.iter_unpack(entry_format, table)}

    def raw(tag: int) -> bytes:
        kind, count, inline = found[tag]
        size = struct.calcsize("=" + _TYPE_FORMATS[kind]) * count
        if size <= len(inline):
            return bytes(inline[:size])
        (where,) = struct.unpack(order + word, inline)
        return read(where, where + size)

    def numbers(tag: int) -> tuple[int, ...]:
        kind, count, _ = found[tag]
        return struct.unpack(f"{order}{count}{_TYPE_FORMATS[kind]}", raw(tag))

    tiled = _TILE_OFFSETS in found
    if _SAMPLES in found and numbers(_SAMPLES) != (1,):
        raise ValueError("it holds more than one band")
    (width,), (height,) = numbers(_WIDTH), numbers(_HEIGHT)
    if tiled:
        (block_width,), (block_height,) = numbers(_TILE_WIDTH), numbers(_TILE_HEIGHT)
    else:
        block_width = width
        block_height = min(numbers(_ROWS_PER_STRIP)[0], height) if _ROWS_PER_STRIP in found else height
    layout = Layout(
        order,
        tiled,
        width,
        height,
        block_width,
        block_height,
        numbers(_TILE_OFFSETS if tiled else _STRIP_OFFSETS),
        numbers(_TILE_COUNTS if tiled else _STRIP_COUNTS),
        tuple((tag, *found[tag][:2], raw(tag)) for tag in _KEPT if tag in found and found[tag][0] in _TYPE_FORMATS),
    )
    if not len(layout.offsets) == len(layout.counts) == layout.rows * layout.columns:
        raise ValueError(f"{len(layout.offsets)} blocks instead of {layout.rows * layout.columns}")
    return layout


def merged_ranges(extents: Sequence[tuple[int, int]], gap: int = GAP_BYTES) -> list[tuple[int, int]]:
    """Join ranges (start, stop) that lie less than `gap` bytes apart, in order of their starts."""
    joined: list[tuple[int, int]] = []
    for start, stop in sorted(extents):
        if joined and start - joined[-1][1] <= gap:
            joined[-1] = (joined[-1][0], max(stop, joined[-1][1]))
        else:
            joined.append((start, stop))
    return joined


def excerpt(layout: Layout, columns: range, rows: range, read: Read) -> bytes:
    """A TIFF of the blocks in `columns` and `rows` of the block raster, at most as wide and high as the image has left.

    Its georeference is that of the whole image. Blocks that were never written stay absent.
    """
    wanted = [row * layout.columns + column for row in rows for column in columns]
    blocks = _blocks(layout, wanted, read)
    width = min(layout.width - columns.start * layout.block_width, len(columns) * layout.block_width)
    height = min(layout.height - rows.start * layout.block_height, len(rows) * layout.block_height)
    tags = {tag: (kind, count, data) for tag, kind, count, data in layout.tags}
    order = layout.order

    def longs(*values: int) -> tuple[int, int, bytes]:
        return 4, len(values), struct.pack(f"{order}{len(values)}I", *values)

    tags[_WIDTH], tags[_HEIGHT] = longs(width), longs(height)
    offsets_tag, counts_tag = (_TILE_OFFSETS, _TILE_COUNTS) if layout.tiled else (_STRIP_OFFSETS, _STRIP_COUNTS)
    if layout.tiled:
        tags[_TILE_WIDTH], tags[_TILE_HEIGHT] = longs(layout.block_width), longs(layout.block_height)
    else:
        tags[_ROWS_PER_STRIP] = longs(layout.block_height)
    tags[counts_tag] = longs(*(len(block) for block in blocks))
    tags[offsets_tag] = longs(*([0] * len(blocks)))
    begin = 8 + 2 + 12 * len(tags) + 4
    place = begin + sum(len(data) + len(data) % 2 for _, _, data in tags.values() if len(data) > 4)
    starts = []
    for block in blocks:
        starts.append(place if block else 0)
        place += len(block)
    tags[offsets_tag] = longs(*starts)
    return b"".join((_header(order, tags, begin), *blocks))


def _blocks(layout: Layout, wanted: Sequence[int], read: Read) -> list[memoryview]:
    """The bytes of blocks by their numbers, fetched in as few requests as sensible."""
    extents = {each: (layout.offsets[each], layout.offsets[each] + layout.counts[each]) for each in wanted}
    fetched = {
        (start, stop): memoryview(read(start, stop))
        for start, stop in merged_ranges([extent for extent in extents.values() if extent[0] > 0])
    }
    blocks = []
    for each in wanted:
        first, last = extents[each]
        block = memoryview(b"")
        for (start, stop), data in fetched.items():
            if first > 0 and start <= first and last <= stop:
                block = data[first - start : last - start]
                break
        if first > 0 and len(block) != last - first:
            raise SceneUnreadable("A file of the scene was cut short.")
        blocks.append(block)
    return blocks


def _header(order: str, tags: dict[int, tuple[int, int, bytes]], begin: int) -> bytes:
    """File header, tag table and the values that lie outside of it, from byte `begin` on."""
    table, outside = b"", b""
    for tag, (kind, count, data) in sorted(tags.items()):
        if len(data) <= 4:
            value = data.ljust(4, b"\0")
        else:
            value = struct.pack(order + "I", begin + len(outside))
            outside += data + b"\0" * (len(data) % 2)
        table += struct.pack(order + "HHI", tag, kind, count) + value
    mark = b"II*\0" if order == "<" else b"MM\0*"
    return mark + struct.pack(order + "I", 8) + struct.pack(order + "H", len(tags)) + table + b"\0\0\0\0" + outside
