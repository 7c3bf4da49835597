"""Networks for other programs: ONNX with the metadata that the QGIS plugin Deepness reads, plain ONNX, TorchScript.

Each file is written aside, run once beside the network itself, and renamed where both give the same classes.

Deepness hands a model the numbers of a raster divided by 255, whatever their type (`x = DN / 255`), takes the channel
with the largest output as the class, and calls all below its threshold the first class. The model for it therefore
multiplies by 255 / 10000, which gives reflectance of rasters of digital numbers, gives probabilities, and states a
threshold of 0. Overlap is stated so that half of it is the network's margin: what is kept of a tile does not depend on
where the tile ends.
"""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ..core.atomic import atomic_write, write_json
from ..core.bands import REFLECTANCE_SCALE
from ..core.errors import JobInvalid, ModelInvalid
from ..core.export_keys import DEEPNESS, ONNX, TORCHSCRIPT
from ..core.legend import Legend
from ..core.messages import message
from ..core.parts import LEARN, require_parts

FILE_NAMES = {DEEPNESS: "deepness.onnx", ONNX: "model.onnx", TORCHSCRIPT: "model.pt"}
FACTS_FILE = "export.json"
INPUT_NAME, OUTPUT_NAME = "image", "probabilities"
DEEPNESS_DIVISOR = 255.0
"""By which Deepness divides the numbers of every raster."""
RESOLUTION_CM = 1000
"""Of a pixel: 10 m."""
OPSET = 17
_MAX_DIFFERENCE = 1e-3
"""Of probabilities, between the network and its export: other kernels round otherwise."""


@dataclass(frozen=True)
class NetworkToExport:
    """A network and what must be said of it."""

    network: nn.Module
    """`(n, band, y, x)` reflectance 0..1 -> logits; in evaluation mode, float32, on the CPU."""
    bands: tuple[str, ...]
    """What it reads, in order."""
    legend: Legend
    codes: tuple[int, ...]
    """Class by channel."""
    stride: int
    margin: int
    model_hash: str
    licence: str = ""


class Probabilities(nn.Module):
    """The network with its input scaled and its output as probabilities.

    Parameters
    ----------
    network : gives logits.
    factor : by which the input is multiplied to become reflectance.

    """

    def __init__(self, network: nn.Module, factor: float = 1.0) -> None:
        super().__init__()
        self.network, self.factor = network, factor

    def forward(self, image: Tensor) -> Tensor:
        """`(n, band, y, x)` -> `(n, class, y, x)` that sums to 1 over the classes."""
        return torch.softmax(self.network(image * self.factor if self.factor != 1 else image), dim=1)


def export_model(
    model: NetworkToExport, folder: Path, formats: tuple[str, ...], tile_px: int, language: str = "en"
) -> dict[str, str]:
    """Write a network in some formats, with a file of facts beside.

    Parameters
    ----------
    model : the network.
    folder : of the files; is made.
    formats : some of `core.export_keys.EXPORT_FORMATS`.
    tile_px : side of Deepness's tiles.
    language : of the class names, `en` or `es`.

    Returns
    -------
    Paths of the files by format; `facts` is that of the facts.

    Raises
    ------
    JobInvalid : where the tile does not suit the network.
    ModelInvalid : where an exported network gives other classes.
    PartsMissing : where the packages for ONNX are not installed.
    DiskFull, FolderNotWritable : where a file cannot be written.

    """
    check_tile(model, tile_px)
    if set(formats) - {TORCHSCRIPT}:
        require_parts(LEARN, "onnx", "onnxruntime")
    files: dict[str, str] = {}
    for name in formats:
        path = folder / FILE_NAMES[name]
        with atomic_write(path) as temporary_path:
            if name == TORCHSCRIPT:
                _write_torchscript(model, temporary_path)
            else:
                _write_onnx(model, temporary_path, tile_px if name == DEEPNESS else 0, language)
            temporary_path.chmod(0o644)
        files[name] = str(path)
    write_json(folder / FACTS_FILE, {**_facts(model, language), "files": {key: FILE_NAMES[key] for key in formats}})
    return {**files, "facts": str(folder / FACTS_FILE)}


def check_tile(model: NetworkToExport, tile_px: int) -> None:
    """Check that tiles of a size suit the network.

    Raises
    ------
    JobInvalid : where the size is no multiple of its stride, or leaves less than half of a tile beside the margin.

    """
    if tile_px % model.stride or tile_px < 4 * model.margin:
        raise JobInvalid(
            message("Tiles of {size} px do not suit the network.", size=tile_px),
            message(
                "They must be multiples of {stride} and at least {smallest}.",
                stride=model.stride,
                smallest=-(-4 * model.margin // model.stride) * model.stride,
            ),
        )


def deepness_metadata(model: NetworkToExport, tile_px: int, language: str = "en") -> dict[str, str]:
    """The metadata that Deepness reads from an ONNX file, each value as JSON.

    Parameters
    ----------
    model : the network.
    tile_px : side of the tiles.
    language : of the class names.

    Returns
    -------
    Values by key; `tiles_overlap` is percent of a tile, `resolution` cm.

    """
    names = {str(channel): model.legend.by_code[code].label(language) for channel, code in enumerate(model.codes)}
    values: dict[str, Any] = {
        "model_type": "Segmentor",
        "class_names": names,
        "resolution": RESOLUTION_CM,
        "tile_size": tile_px,
        "tiles_size": tile_px,
        "tiles_overlap": math.ceil(100 * 2 * model.margin / tile_px),
        "seg_thresh": 0.0,
        "seg_small_segment": 0,
        "standardization_mean": [0.0] * len(model.bands),
        "standardization_std": [1.0] * len(model.bands),
    }
    return {key: json.dumps(value) for key, value in values.items()}


def _facts(model: NetworkToExport, language: str) -> dict[str, Any]:
    return {
        "format": "allpa-export",
        "version": 1,
        "model_hash": model.model_hash,
        "bands": list(model.bands),
        "classes": {str(code): model.legend.by_code[code].label(language) for code in model.codes},
        "channels": list(model.codes),
        "input": {
            DEEPNESS: "raster of digital numbers (reflectance x 10000 without offset), bands in this order; 0 no data",
            ONNX: "(n, band, y, x) float32 reflectance 0..1; 0 in all bands no data",
            TORCHSCRIPT: "(n, band, y, x) float32 reflectance 0..1; 0 in all bands no data",
        },
        "output": "(n, class, y, x) probabilities; the class is that of the largest",
        "stride_px": model.stride,
        "margin_px": model.margin,
        "resolution_m": 10,
        "licence": model.licence,
    }


def _write_onnx(model: NetworkToExport, path: Path, tile_px: int, language: str) -> None:
    """Write ONNX of one tile, or where `tile_px` is 0 of any number and size of chips."""
    import onnx

    side = tile_px or 4 * model.margin
    factor = DEEPNESS_DIVISOR / REFLECTANCE_SCALE if tile_px else 1.0
    module, example = Probabilities(model.network, factor).eval(), _example(model, side, factor)
    any_size = {0: "n", 2: "y", 3: "x"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on the exporter's age, and on sizes that are read from the example
        torch.onnx.export(
            module, (example,), str(path), dynamo=False, opset_version=OPSET, input_names=[INPUT_NAME],
            output_names=[OUTPUT_NAME],
            dynamic_axes=None if tile_px else {INPUT_NAME: any_size, OUTPUT_NAME: any_size},
        )  # fmt: skip
    written = onnx.load(path)
    written.doc_string = "Land-cover network of Allpa"
    metadata = deepness_metadata(model, tile_px, language) if tile_px else {}
    metadata |= {f"allpa_{key}": json.dumps(value) for key, value in _facts(model, language).items()}
    for key, value in metadata.items():
        written.metadata_props.add(key=key, value=value)
    onnx.checker.check_model(written)
    onnx.save(written, path)
    size = side if tile_px else side + model.stride
    image = _example(model, size, factor)
    _check_same(module, image, _run_onnx(path, image.numpy()), path)


def _run_onnx(path: Path, image: NDArray[np.float32]) -> NDArray[np.float32]:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    found: NDArray[np.float32] = session.run(None, {INPUT_NAME: image})[0]
    return found


def _write_torchscript(model: NetworkToExport, path: Path) -> None:
    module, side = Probabilities(model.network).eval(), 4 * model.margin
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.jit.save(torch.jit.trace(module, _example(model, side)), str(path))  # type: ignore[no-untyped-call]
        image = _example(model, side + model.stride)
        found = torch.jit.load(str(path))(image).numpy()  # type: ignore[no-untyped-call]
    _check_same(module, image, found, path)


def _example(model: NetworkToExport, side: int, factor: float = 1.0) -> Tensor:
    """A made-up chip `(1, band, y, x)`: smooth land with noise, and a corner without data."""
    rng = np.random.default_rng(1)
    relief = rng.uniform(0.02, 0.5, (len(model.bands), -(-side // 8), -(-side // 8)))
    land = np.repeat(np.repeat(relief, 8, axis=1), 8, axis=2)[:, :side, :side]
    land = land + rng.normal(0, 0.01, land.shape)
    land[:, : side // 8, : side // 8] = 0
    return torch.from_numpy((np.clip(land, 0, None) / factor).astype(np.float32)[None])


def _check_same(module: nn.Module, image: Tensor, found: NDArray[np.float32], path: Path) -> None:
    """Refuse an export that does not give what the network gives."""
    with torch.no_grad():
        expected = module(image).numpy()
    if found.shape != expected.shape or not np.abs(found - expected).max() <= _MAX_DIFFERENCE:
        raise ModelInvalid(
            message("The exported network gives other probabilities than the network itself."),
            path.suffix,
            message("Report this with the model; it must not be used."),
        )


def facts_of(path: Path) -> Mapping[str, str]:
    """The metadata of an ONNX file, by key.

    Raises
    ------
    PartsMissing : where the packages for ONNX are not installed.

    """
    require_parts(LEARN, "onnx")
    import onnx

    return {entry.key: entry.value for entry in onnx.load(path).metadata_props}
