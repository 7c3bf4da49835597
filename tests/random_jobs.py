"""Jobs of all kinds that `allpa:landcovermap` can make, for tests of what is read back from their files."""

import random
from pathlib import Path

CRSES = ("", "EPSG:32718", "EPSG:24878")


def region(rng):
    """Triangles and squares in Apurímac, some of two parts, some with long decimals."""

    def ring():
        west, south = -73.2 + rng.random(), -14 + rng.random()
        east, north = west + 0.01 + 0.2 * rng.random(), south + 0.01 + 0.1 * rng.random()
        corners = [[west, south], [east, south], [east, north], [west, north]][: rng.choice((3, 4))]
        closed = [[round(x, 8), round(y, 8)] for x, y in corners]
        return [[*closed, closed[0]]]

    if rng.random() < 0.3:
        far = [[[round(x + 3, 8), y] for x, y in part] for part in ring()]
        return {"type": "MultiPolygon", "coordinates": [ring(), far]}
    return {"type": "Polygon", "coordinates": ring()}


def random_job(seed, folder):
    """Any job that the algorithm can make, of a folder; the same for the same seed."""
    from allpa.plugin.allpa_engine.core.job import Job

    rng = random.Random(seed)  # noqa: S311 - nothing secret
    files = {name: str(folder / name) for name in ("list.json", "weights.json", "decision.json", "model")}
    for name in ("list.json", "weights.json", "decision.json"):
        Path(files[name]).write_text("{}")
    Path(files["model"]).mkdir(exist_ok=True)
    (folder / "model" / "model.json").write_text("{}")

    def maybe(value, otherwise=""):
        return value if rng.random() < 0.5 else otherwise

    return Job(
        folder=str(folder),
        region=region(rng),
        region_name=maybe("Distrito Ñahuinpuquio; 'a' \"b\""),
        **searching(rng, maybe),
        **merging(rng, maybe, files),
        **computing(rng, maybe, folder),
        language=rng.choice(("en", "es")),
        scenes=maybe(files["list.json"]),
        tiles=maybe("separately", "together"),
        dask=maybe("local:2"),
        joint_table=maybe(str(folder / "joint.csv")),
    ).validate()


def searching(rng, maybe):
    """Period, catalogues and numbers of scenes."""
    whole_year = rng.random() < 0.6
    years = ("2020-01-01", "2020-12-31") if whole_year else (f"2019-0{rng.randint(1, 9)}-03", "2020-11-30")
    catalogue = rng.choice(("planetary_computer", "earth_search", "https://stac.example.org/v1"))
    months = tuple(sorted(rng.sample(range(1, 13), rng.randint(1, 12))))
    return {
        "start": years[0],
        "end": years[1],
        "catalogue": catalogue,
        "collection": maybe("sentinel-2-l2a"),
        "fallback_catalogue": maybe("earth_search" if catalogue != "earth_search" else "planetary_computer"),
        "max_scenes": rng.randint(1, 400),
        "clear_observations": rng.randint(1, 100),
        "max_cloud_percent": rng.choice((0.0, 12.5, 80.0, 100.0)),
        "months": months if whole_year else tuple(range(1, 13)),
    }


def merging(rng, maybe, files):
    """How the votes are merged, and what becomes of the map."""
    return {
        "month_balance": maybe(True, False),
        "soft": maybe(True, False),
        "weights": maybe({3: 1.2, 9: 0.123456789012}, {}),
        "weight_table": maybe(files["weights.json"]),
        "smoothing_px": rng.choice((0, 1, 37, 2500)),
        "mask_dilation": maybe(True, False),
        "guards": rng.choice(((), ("slope",), ("slope", "persistence"), ("slope", "persistence", "shade"))),
        "annual_decision": maybe("on", "off"),
        "decision_model": maybe(files["decision.json"]),
        "model": maybe(files["model"]),
        "crs": rng.choice(CRSES),
    }


def computing(rng, maybe, folder):
    """Cache, device and threads."""
    return {
        "cache_folder": str(folder / maybe("caché", "scenes")),
        "cache_limit_gb": rng.choice((0.0, 2.5, 100.0)),
        "device": rng.choice(("auto", "cpu")),
        "precision": maybe("fp32", "auto"),
        "backend": maybe("torch", "auto"),
        "threads": rng.choice((0, 3)),
    }


def job_by_algorithm(parameters, folder):
    """The job that the algorithm makes of parameters, without zones."""
    from allpa.plugin.algorithms.landcovermap import LandCoverMap
    from allpa.plugin.algorithms.parameters import given_values
    from qgis.core import QgsProcessingContext, QgsProject

    algorithm = LandCoverMap().create()
    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    return algorithm._job(given_values(algorithm.parameterDefinitions(), parameters), context, Path(folder))
