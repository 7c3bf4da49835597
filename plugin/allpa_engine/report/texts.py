"""Every text of the report, English and Spanish side by side."""

from __future__ import annotations

from ..core.messages import is_spanish

_TEXTS: dict[str, tuple[str, str]] = {
    "land_cover": ("Land cover", "Cobertura de la tierra"),
    "untitled": ("Region", "Región"),
    "mapped": ("mapped area", "área cartografiada"),
    "seen": ("of the region seen clear", "de la región visto sin nubes"),
    "scenes_used": ("scenes used", "escenas usadas"),
    "pixel": ("pixel", "píxel"),
    "map": ("Map", "Mapa"),
    "map_alt": (
        "Map of the land-cover classes with legend, scale bar and north arrow",
        "Mapa de las clases de cobertura con leyenda, escala y norte",
    ),
    "areas": ("Areas", "Áreas"),
    "class": ("Class", "Clase"),
    "pixels": ("Pixels", "Píxeles"),
    "resolution": ("Resolution", "Resolución"),
    "area_ha": ("Area (ha)", "Área (ha)"),
    "percent": ("Percent", "Porcentaje"),
    "ellipsoidal_ha": ("True area (ha)", "Área verdadera (ha)"),
    "area_note": (
        "“Area” counts pixels at their nominal size; “true area” is the same pixels measured on the ellipsoid. "
        "Percentages are shares of the classes’ total; pixels without data are not part of it. Rounded figures may "
        "miss their total by a unit of the last digit.",
        "«Área» cuenta los píxeles con su tamaño nominal; «área verdadera» mide los mismos píxeles sobre el elipsoide. "
        "Los porcentajes son partes del total de las clases; los píxeles sin datos no entran en él. Por el redondeo, "
        "las cifras pueden diferir de su total en una unidad del último dígito.",
    ),
    "check": (
        "Check: classes and pixels without data measure {sum} ha, the region {region} ha; "
        "they differ by {difference} ha, and up to {tolerance} ha may come from pixels at the border.",
        "Comprobación: las clases y los píxeles sin datos miden {sum} ha y la región {region} ha; "
        "la diferencia es de {difference} ha, y hasta {tolerance} ha pueden deberse a los píxeles del borde.",
    ),
    "outside": (
        "{outside} ha of the region lie outside the map.",
        "{outside} ha de la región quedan fuera del mapa.",
    ),
    "check_failed": (
        "The areas do not add up to the region: do not use this table before the cause is known.",
        "Las áreas no suman la región: no use esta tabla antes de conocer la causa.",
    ),
    "chart": ("Share of each class", "Parte de cada clase"),
    "scenes": ("Scenes", "Escenas"),
    "calendar_note": (
        "Each mark is a scene, placed by its date and by its cloud cover (0 % below, 100 % above).",
        "Cada marca es una escena, situada por su fecha y su nubosidad (0 % abajo, 100 % arriba).",
    ),
    "used": ("used", "usada"),
    "left": ("left out", "no usada"),
    "failed_one": ("failed", "fallida"),
    "date": ("Date", "Fecha"),
    "tile": ("Tile", "Tesela"),
    "satellite": ("Satellite", "Satélite"),
    "cloud": ("Cloud", "Nubes"),
    "clear_share": ("Clear in region", "Despejado en la región"),
    "baseline": ("Baseline", "Versión de proceso"),
    "offset": ("Offset removed", "Desfase restado"),
    "no_scenes": ("The scenes are not listed in this job.", "Las escenas no figuran en este trabajo."),
    "quality": ("Quality", "Calidad"),
    "accuracy_note": (
        "The figures are read from the map. They are not corrected for the errors of classification: "
        "for official figures, assess the accuracy with a reference sample and use the areas it estimates.",
        "Las cifras se leen del mapa. No están corregidas por los errores de clasificación: para cifras oficiales, "
        "evalúe la exactitud con una muestra de referencia y use las áreas que esta estima.",
    ),
    "layer": ("Over the pixels seen clear", "En los píxeles vistos despejados"),
    "median": ("Median", "Mediana"),
    "low": ("Lowest tenth, at most", "Décimo más bajo, hasta"),
    "no_quality": ("No quality layers were given.", "No se dieron capas de calidad."),
    "failed": ("What failed", "Qué falló"),
    "nothing_failed": ("Every chosen scene could be used.", "Todas las escenas elegidas se pudieron usar."),
    "replaced": ("replaced by {scene}", "reemplazada por {scene}"),
    "not_replaced": ("no other scene was left to take its place", "no quedaba otra escena que la reemplazara"),
    "notes": ("Notes", "Notas"),
    "cite": ("How to cite", "Cómo citar"),
    "citation": (
        "{heading}: land cover {period}. Class-weighted mode of Sentinel-2 scenes ({scenes}), classified with Allpa "
        "{version}{network}. Contains modified Copernicus Sentinel data {years}.",
        "{heading}: cobertura de la tierra {period}. Moda ponderada por clase de escenas Sentinel-2 "
        "({scenes}), clasificadas con Allpa {version}{network}. Contiene datos Copernicus Sentinel modificados "
        "{years}.",
    ),
    "network": (", network {hash}", ", red {hash}"),
    "licence": (
        "Copernicus Sentinel data are free and open, also for commercial use, where they are named as above "
        "(Commission Delegated Regulation (EU) No 1159/2013). The map is the work of those who made it.",
        "Los datos Copernicus Sentinel son libres y abiertos, también para uso comercial, si se citan como arriba "
        "(Reglamento Delegado (UE) n.º 1159/2013 de la Comisión). El mapa es obra de quienes lo hicieron.",
    ),
    "crs": ("Coordinate system", "Sistema de coordenadas"),
    "dates": ("Dates of the scenes used", "Fechas de las escenas usadas"),
    "months": ("Months that voted", "Meses que votaron"),
    "weights": ("Weight table", "Tabla de pesos"),
    "inference": ("Computation of the predictions", "Cálculo de las predicciones"),
    "model_hash": ("Network (SHA-256)", "Red (SHA-256)"),
    "largest": ("Largest classes: {classes}.", "Clases mayores: {classes}."),
    "method": (
        "Method: Karra et al. (2021), Global land use/land cover with Sentinel 2 and deep learning, IGARSS 2021.",
        "Método: Karra et al. (2021), Global land use/land cover with Sentinel 2 and deep learning, IGARSS 2021.",
    ),
    "job": ("Job and versions", "Trabajo y versiones"),
    "job_note": (
        "The whole job stands in {file}; running it again on the same machine gives the same map.",
        "El trabajo completo está en {file}; ejecutarlo de nuevo en la misma máquina da el mismo mapa.",
    ),
    "job_defaults": (
        "Options that are not listed have their defaults.",
        "Las opciones que no figuran tienen su valor por defecto.",
    ),
    "files": ("Files", "Archivos"),
}

MONTH_INITIALS = {"en": "JFMAMJJASOND", "es": "EFMAMJJASOND"}


def texts_in(language: str) -> dict[str, str]:
    """The texts by key, in one language."""
    return {key: pair[1 if is_spanish(language) else 0] for key, pair in _TEXTS.items()}


def period_text(period: str) -> str:
    """A period for reading: `2020`, or `2020-04-01 – 2020-09-30`."""
    first, _, last = period.partition("-")
    if len(first) == len(last) == 8:
        return " – ".join(f"{day[:4]}-{day[4:6]}-{day[6:]}" for day in (first, last))
    return period
