"""The Spanish of the engine's messages, by their English templates; `language` renders them."""

from __future__ import annotations

_SEARCH: dict[str, str] = {
    "{catalogue} could not be searched: {why}": "No se pudo consultar {catalogue}: {why}",
    "{catalogue} replaces {first} for {tiles}: {why}": "{catalogue} reemplaza a {first} en {tiles}: {why}",
    "no tile": "ninguna tesela",
    "{catalogue} replaces {first} for {tile}: it has {days} acquisition days, not {known}.": (
        "{catalogue} reemplaza a {first} en {tile}: tiene {days} días de adquisición, no {known}."
    ),
    "The catalogue {name} did not answer within {seconds:g} s.": "El catálogo {name} no respondió en {seconds:g} s.",
    "{name} is not a STAC catalogue that can be read.": "{name} no es un catálogo STAC que se pueda leer.",
    "The search is too large for {name}.": "La búsqueda es demasiado grande para {name}.",
    "{name} rejected the search request.": "{name} rechazó la solicitud de búsqueda.",
    "{name} returned only the first {limit} scenes.": "{name} devolvió solo las primeras {limit} escenas.",
    "Tile {tile} in {year}: {days} acquisition days.": "Tesela {tile} en {year}: {days} días de adquisición.",
    "{message} About {usual:.0f} are expected: scenes may be missing from the catalogue.": (
        "{message} Se esperan unos {usual:.0f}: pueden faltar escenas en el catálogo."
    ),
    "{message} No acquisition from {first} to {last}.": "{message} Ninguna adquisición del {first} al {last}.",
    "Tile {tile}: acquisitions that seem to lack a granule in the catalogue: {count} ({days}).": (
        "Tesela {tile}: adquisiciones a las que parece faltar un gránulo en el catálogo: {count} ({days})."
    ),
    "{day} covers {share:.0%} of the tile, usually {usual:.0%}": (
        "la del {day} cubre el {share:.0%} de la tesela, normalmente el {usual:.0%}"
    ),
    "{message}, and {count} more": "{message} y {count} más",
    "{scene} of {time} is a duplicate; {used} is used instead.": (
        "{scene} del {time} es un duplicado; en su lugar se usa {used}."
    ),
    "{count} of {all} scenes have more than {percent:g} % cloud.": (
        "{count} de {all} escenas tienen más de {percent:g} % de nubes."
    ),
    "Items rejected ({count}): {why} ({items})": "Ítems rechazados ({count}): {why} ({items})",
    "Tile {tile} is not used: other tiles cover its part of the region.": (
        "La tesela {tile} no se usa: otras teselas cubren su parte de la región."
    ),
}

_CHOICE: dict[str, str] = {
    "selected: {share:.0%} of the region is clear ({source})": (
        "seleccionada: el {share:.0%} de la región está despejado ({source})"
    ),
    "measured over the region": "medido sobre la región",
    "estimated from the tile's cloud cover": "estimado de la nubosidad de la tesela",
    "{message}, first of {month}": "{message}, la primera de {month}",
    "{message}, split granule (two parts)": "{message}, gránulo dividido (dos partes)",
    "selected: after classification, some pixels still had too few clear observations": (
        "seleccionada: tras la clasificación, algunos píxeles aún tenían pocas observaciones despejadas"
    ),
    "chosen by hand": "elegida a mano",
    "left by hand": "descartada a mano",
    "not selected: other tiles cover this part of the region": (
        "no seleccionada: otras teselas cubren esta parte de la región"
    ),
    "not selected: only {share:.1%} of the region is clear": (
        "no seleccionada: solo el {share:.1%} de la región está despejado"
    ),
    "not selected: the maximum of {count} scenes for this tile is reached ({share:.0%} clear)": (
        "no seleccionada: se alcanzó el máximo de {count} escenas de esta tesela ({share:.0%} despejado)"
    ),
    "not selected: enough clear observations without it ({share:.0%} of the region clear)": (
        "no seleccionada: sin ella hay suficientes observaciones despejadas ({share:.0%} de la región despejado)"
    ),
}

_REFUSED: dict[str, str] = {
    "The item {id} is malformed.": "El ítem {id} está mal formado.",
    "The item {id} is not Level-2A (it is {level}).": "El ítem {id} no es de nivel 2A (es {level}).",
    "of unknown level": "de nivel desconocido",
    "The item {id} has a footprint outside its tile {tile}.": (
        "La huella del ítem {id} queda fuera de su tesela {tile}."
    ),
    "The item {id} lacks assets for the six bands and SCL: {why}.": (
        "Al ítem {id} le faltan archivos de las seis bandas y SCL: {why}."
    ),
    "missing are {assets}": "faltan {assets}",
    "it has {assets}": "tiene {assets}",
    "The item {id} has no readable time: {time!r}.": "La hora del ítem {id} no se puede leer: {time!r}.",
    "The item {id} has no footprint.": "El ítem {id} no tiene huella.",
    "The item {id} is in {code}, not in {crs}, the CRS of its tile {tile}.": (
        "El ítem {id} está en {code}, no en {crs}, el SRC de su tesela {tile}."
    ),
    "The asset {asset} of item {id} has no URL.": "El archivo {asset} del ítem {id} no tiene URL.",
    "The item {id} has conflicting values for {field}: {values}.": (
        "El ítem {id} tiene valores contradictorios de {field}: {values}."
    ),
    "The item {id} does not state its Sentinel-2 {field}.": "El ítem {id} no indica su {field} de Sentinel-2.",
    "tile": "tesela",
    "platform": "satélite",
    "processing baseline": "versión de proceso",
    "datatake": "toma (datatake)",
    "relative orbit": "órbita relativa",
    "The item {id} has a scale of {scale} in {band}, not 1/10000.": (
        "El ítem {id} tiene una escala de {scale} en {band}, no 1/10000."
    ),
    "The bands of the item {id} have different offsets: {offsets}.": (
        "Las bandas del ítem {id} tienen desfases distintos: {offsets}."
    ),
    "The item {id} has a positive raster offset, which is not valid for Sentinel-2.": (
        "El ítem {id} tiene un desfase positivo, que no es válido para Sentinel-2."
    ),
    "The offset of this scene is unknown: the catalogue gives no processing baseline.": (
        "El desfase de esta escena no se conoce: el catálogo no indica la versión de proceso."
    ),
    "{tile!r} is not the name of a Sentinel-2 tile.": "{tile!r} no es el nombre de una tesela de Sentinel-2.",
}

_FAILED: dict[str, str] = {
    "Tried {count} times in a row.": "Se intentó {count} veces seguidas.",
    "It has {size} bytes instead of {due}.": "Tiene {size} bytes en vez de {due}.",
    "It has {size} of {due} bytes.": "Tiene {size} de {due} bytes.",
    "It has {size} of at least {due} bytes.": "Tiene {size} de al menos {due} bytes.",
    "A file of the scene could not be read: {reason}.": "Un archivo de la escena no se pudo leer: {reason}.",
    "A file of the scene could not be read: {reason} ({status}).": (
        "Un archivo de la escena no se pudo leer: {reason} ({status})."
    ),
    "A file of the scene could not be read: access was refused twice.": (
        "Un archivo de la escena no se pudo leer: el acceso fue denegado dos veces."
    ),
    "there is no such file": "no existe",
    "the file is gone": "el archivo ya no está",
    "the address must be signed": "la dirección debe estar firmada",
    "the server refused": "el servidor lo negó",
    "the server has stalled": "el servidor se detuvo",
    "the server answered {status}": "el servidor respondió {status}",
    "the server answered {status}: the file may have changed": (
        "el servidor respondió {status}: el archivo puede haber cambiado"
    ),
    "the server could not be reached ({error})": "no se pudo llegar al servidor ({error})",
    "the connection broke off ({error})": "la conexión se interrumpió ({error})",
    "the answer was cut short": "la respuesta llegó cortada",
    "the server sent another part than was asked for": "el servidor envió otra parte que la pedida",
    "the server sent more than was asked for": "el servidor envió más de lo pedido",
    "the file seems to have changed": "el archivo parece haber cambiado",
    "the signature had run out when it was handed out": "la firma ya estaba vencida al entregarse",
    "the signature could not be read ({error})": "la firma no se pudo leer ({error})",
    "The catalogue's files need S3 keys, and none are set.": (
        "Los archivos del catálogo requieren claves S3 y no hay ninguna configurada."
    ),
    "Access to a file of the scene was refused: the S3 keys may be wrong or have run out.": (
        "Se denegó el acceso a un archivo de la escena: las claves S3 pueden ser incorrectas o haber vencido."
    ),
    "Planetary Computer refused to sign the scene's files.": (
        "Planetary Computer se negó a firmar los archivos de la escena."
    ),
    "A file of the scene has not the size that the catalogue gives.": (
        "Un archivo de la escena no tiene el tamaño que da el catálogo."
    ),
    "A file of the scene was cut short.": "Un archivo de la escena está cortado.",
    "A file of the scene is damaged: its checksum is not the catalogue's.": (
        "Un archivo de la escena está dañado: su suma de verificación no es la del catálogo."
    ),
    "A file of the scene is damaged: its header cannot be read.": (
        "Un archivo de la escena está dañado: su cabecera no se puede leer."
    ),
    "A file of the scene kept changing while it was read.": (
        "Un archivo de la escena cambiaba una y otra vez mientras se leía."
    ),
    "A file of the scene has no usable position.": "Un archivo de la escena no tiene una posición utilizable.",
    "A file of the scene holds {type} instead of digital numbers.": (
        "Un archivo de la escena contiene {type} en vez de números digitales."
    ),
    "The scene's file {file} does not exist.": "El archivo {file} de la escena no existe.",
    "The scene has no file of {bands}.": "La escena no tiene archivo de {bands}.",
    "The scene's {band} does not lie on the grid of its other bands.": (
        "La banda {band} de la escena no está en la cuadrícula de las demás."
    ),
    "The scene's {band} has not the size that the catalogue gives.": (
        "La banda {band} de la escena no tiene el tamaño que da el catálogo."
    ),
    "The scene's files do not lie in its tile.": "Los archivos de la escena no están en su tesela.",
    "The scene's {band} is corrupt.": "La banda {band} de la escena está corrupta.",
    "Most of its pixels have numbers above {number}.": "La mayoría de sus píxeles tiene números mayores que {number}.",
    "The scene does not reach the region.": "La escena no llega a la región.",
    "The scene holds no valid pixel in the region.": "La escena no tiene ningún píxel válido en la región.",
    "The scene's classification layer is empty.": "La capa de clasificación de la escena está vacía.",
    "It cannot be told whether the scene's digital numbers carry an offset.": (
        "No se puede saber si los números digitales de la escena llevan un desfase."
    ),
    "The catalogue does not say ({basis}), and the darkest pixels are too bright to tell.": (
        "El catálogo no lo dice ({basis}) y los píxeles más oscuros son demasiado claros para saberlo."
    ),
    "the catalogue does not state whether the offset was removed; decided from the pixels": (
        "el catálogo no indica si se restó el desfase; se decide por los píxeles"
    ),
    "The scene file {file} is damaged.": "El archivo de escena {file} está dañado.",
    "The scene file {file} cannot be opened.": "El archivo de escena {file} no se puede abrir.",
    "{file} is not a scene file: it has {count} bands.": "{file} no es un archivo de escena: tiene {count} bandas.",
}

SPANISH_MESSAGES: dict[str, str] = _SEARCH | _CHOICE | _REFUSED | _FAILED
