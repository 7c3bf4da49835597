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
from ..core.messages import message, text_of

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
_COPIED_TAGS = (258, 259, 262, 266, 277, 284, 317, 339, 33550, 33922, 34264, *_CRS)
"""Tags that say how blocks are coded and where the image lies."""
_MAX_TAGS = 4096
_MAX_VALUE_BYTES = 16 << 20
_MAX_BLOCK_PIXELS = 1 << 28

ReadBytes = Callable[[int, int], bytes]
"""Gives the bytes from `start` to `stop` (exclusive) of the file."""


@dataclass(frozen=True)
class TiffLayout:
    """The full-resolution image of a TIFF with one band."""

    byte_order: str
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
    """Copied tags: number, type, count of values, bytes of the values."""

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
            tag == _COMPRESSION and struct.unpack(self.byte_order + "H", data[:2]) != (_NOT_COMPRESSED,)
            for tag, _, _, data in self.tags
        )

    @property
    def without_crs(self) -> TiffLayout:
        """The same without its coordinate system, which takes GDAL as long to read as a block to decode."""
        return replace(self, tags=tuple(tag for tag in self.tags if tag[0] not in _CRS))

    @property
    def end(self) -> int:
        """First byte after the last block; a file that is shorter was cut."""
        return max((offset + count for offset, count in zip(self.offsets, self.counts)), default=0)


def is_tiff(head: bytes) -> bool:
    """Whether a file that begins like this is a TIFF."""
    return head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def read_layout(read: ReadBytes) -> TiffLayout:
    """Read the header of a TIFF.

    Raises
    ------
    SceneUnreadable : where it makes no sense.
    """
    try:
        return _parse_layout(read)
    except (struct.error, KeyError, IndexError, ValueError, OverflowError) as error:
        raise SceneUnreadable("A file of the scene is damaged: its header cannot be read.", text_of(error)) from error


def _parse_layout(read: ReadBytes) -> TiffLayout:
    head = read(0, 16)
    byte_order = "<" if head[:2] == b"II" else ">"
    is_bigtiff = struct.unpack(byte_order + "H", head[2:4])[0] == 43
    entry_format, offset_format = (byte_order + "HHQ8s", "Q") if is_bigtiff else (byte_order + "HHI4s", "I")
    (start,) = struct.unpack(byte_order + offset_format, head[8:16] if is_bigtiff else head[4:8])
    count_bytes, entry_bytes = (8, 20) if is_bigtiff else (2, 12)
    (entries,) = struct.unpack(byte_order + ("Q" if is_bigtiff else "H"), read(start, start + count_bytes))
    if not 0 < entries <= _MAX_TAGS:
        raise ValueError(message("{count} tags", count=entries))
    table = read(start + count_bytes, start + count_bytes + entries * entry_bytes)
    found = {tag: tuple(entry) for tag, *entry in struct.iter_unpack(entry_format, table)}

    def raw(tag: int) -> bytes:
        field_type, count, inline = found[tag]
        size = struct.calcsize("=" + _TYPE_FORMATS[field_type]) * count
        if size <= len(inline):
            return bytes(inline[:size])
        if size > _MAX_VALUE_BYTES:
            raise ValueError(message("{count} bytes of one tag", count=size))
        (value_offset,) = struct.unpack(byte_order + offset_format, inline)
        return read(value_offset, value_offset + size)

    def tag_values(tag: int) -> tuple[int, ...]:
        field_type, count, _ = found[tag]
        return struct.unpack(f"{byte_order}{count}{_TYPE_FORMATS[field_type]}", raw(tag))

    tiled = _TILE_OFFSETS in found
    if _SAMPLES in found and tag_values(_SAMPLES) != (1,):
        raise ValueError(message("it holds more than one band"))
    (width,), (height,) = tag_values(_WIDTH), tag_values(_HEIGHT)
    if tiled:
        (block_width,), (block_height,) = tag_values(_TILE_WIDTH), tag_values(_TILE_HEIGHT)
    else:
        block_width = width
        block_height = min(tag_values(_ROWS_PER_STRIP)[0], height) if _ROWS_PER_STRIP in found else height
    layout = TiffLayout(
        byte_order,
        tiled,
        width,
        height,
        block_width,
        block_height,
        tag_values(_TILE_OFFSETS if tiled else _STRIP_OFFSETS),
        tag_values(_TILE_COUNTS if tiled else _STRIP_COUNTS),
        tuple(
            (tag, *found[tag][:2], raw(tag)) for tag in _COPIED_TAGS if tag in found and found[tag][0] in _TYPE_FORMATS
        ),
    )
    return _checked(layout)


def _checked(layout: TiffLayout) -> TiffLayout:
    """The layout, if its blocks fit the raster; raises ValueError otherwise."""
    if not 0 < layout.block_width * layout.block_height <= _MAX_BLOCK_PIXELS:
        raise ValueError(message("blocks of {size} pixels", size=f"{layout.block_width} x {layout.block_height}"))
    if not len(layout.offsets) == len(layout.counts) == layout.rows * layout.columns:
        raise ValueError(
            message(
                "{count} blocks instead of {expected}", count=len(layout.offsets), expected=layout.rows * layout.columns
            )
        )
    return layout


def merge_ranges(extents: Sequence[tuple[int, int]], gap: int = GAP_BYTES) -> list[tuple[int, int]]:
    """Join ranges of bytes that lie close together, so that one request fetches them.

    Parameters
    ----------
    extents : first byte and first byte after it, of every range, in any order.
    gap : ranges with at most so many bytes between them are joined.

    Returns
    -------
    The joined ranges in order of their starts.

    Examples
    --------
    >>> merge_ranges([(0, 10), (5000, 5010), (12, 20)], gap=100)
    [(0, 20), (5000, 5010)]

    """
    merged: list[tuple[int, int]] = []
    for start, stop in sorted(extents):
        if merged and start - merged[-1][1] <= gap:
            merged[-1] = (merged[-1][0], max(stop, merged[-1][1]))
        else:
            merged.append((start, stop))
    return merged


def build_sub_tiff(layout: TiffLayout, columns: range, rows: range, read: ReadBytes) -> bytes:
    """A TIFF of some blocks of another one, for GDAL to decode.

    Its georeference is that of the whole image. Blocks that were never written stay absent.

    Parameters
    ----------
    layout : of the whole image.
    columns, rows : the blocks, counted in blocks from the top left one; neither is empty.
    read : gives bytes of the file; called with few, long ranges.

    Returns
    -------
    A classic TIFF with one band, as wide and high as the blocks, cut where the image ends.

    Raises
    ------
    SceneUnreadable : where the file ends before a block does.

    """
    block_indices = [row * layout.columns + column for row in rows for column in columns]
    blocks = _read_blocks(layout, block_indices, read)
    width = min(layout.width - columns.start * layout.block_width, len(columns) * layout.block_width)
    height = min(layout.height - rows.start * layout.block_height, len(rows) * layout.block_height)
    tags = {tag: (field_type, count, data) for tag, field_type, count, data in layout.tags}
    byte_order = layout.byte_order

    def long_values(*values: int) -> tuple[int, int, bytes]:
        return 4, len(values), struct.pack(f"{byte_order}{len(values)}I", *values)

    tags[_WIDTH], tags[_HEIGHT] = long_values(width), long_values(height)
    offsets_tag, counts_tag = (_TILE_OFFSETS, _TILE_COUNTS) if layout.tiled else (_STRIP_OFFSETS, _STRIP_COUNTS)
    if layout.tiled:
        tags[_TILE_WIDTH], tags[_TILE_HEIGHT] = long_values(layout.block_width), long_values(layout.block_height)
    else:
        tags[_ROWS_PER_STRIP] = long_values(layout.block_height)
    tags[counts_tag] = long_values(*(len(block) for block in blocks))
    tags[offsets_tag] = long_values(*([0] * len(blocks)))
    data_start = 8 + 2 + 12 * len(tags) + 4
    position = data_start + sum(len(data) + len(data) % 2 for _, _, data in tags.values() if len(data) > 4)
    starts = []
    for block in blocks:
        starts.append(position if block else 0)
        position += len(block)
    tags[offsets_tag] = long_values(*starts)
    return b"".join((_header(byte_order, tags, data_start), *blocks))


def _read_blocks(layout: TiffLayout, block_indices: Sequence[int], read: ReadBytes) -> list[memoryview]:
    """The bytes of blocks by their numbers, fetched in as few requests as sensible."""
    extents = {index: (layout.offsets[index], layout.offsets[index] + layout.counts[index]) for index in block_indices}
    fetched = {
        (start, stop): memoryview(read(start, stop))
        for start, stop in merge_ranges([extent for extent in extents.values() if extent[0] > 0])
    }
    blocks = []
    for index in block_indices:
        first, last = extents[index]
        block = memoryview(b"")
        for (start, stop), data in fetched.items():
            if first > 0 and start <= first and last <= stop:
                block = data[first - start : last - start]
                break
        if first > 0 and len(block) != last - first:
            raise SceneUnreadable("A file of the scene is incomplete.")
        blocks.append(block)
    return blocks


def _header(byte_order: str, tags: dict[int, tuple[int, int, bytes]], data_start: int) -> bytes:
    """File header, tag table and the values that lie outside of it, from byte `data_start` on."""
    table, external_values = b"", b""
    for tag, (field_type, count, data) in sorted(tags.items()):
        if len(data) <= 4:
            value = data.ljust(4, b"\0")
        else:
            value = struct.pack(byte_order + "I", data_start + len(external_values))
            external_values += data + b"\0" * (len(data) % 2)
        table += struct.pack(byte_order + "HHI", tag, field_type, count) + value
    magic = b"II*\0" if byte_order == "<" else b"MM\0*"
    return (
        magic
        + struct.pack(byte_order + "I", 8)
        + struct.pack(byte_order + "H", len(tags))
        + table
        + b"\0\0\0\0"
        + external_values
    )
