<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="es" sourcelanguage="en">
  <context>
    <name>AccuracyPages</name>
    <message>
      <source>Accuracy</source>
      <translation>Exactitud</translation>
    </message>
    <message>
      <source>Draw the points by which the accuracy of a map is estimated.</source>
      <translation>Sortee los puntos con los que se estima la exactitud de un mapa.</translation>
    </message>
    <message>
      <source>Estimate accuracy and areas, with intervals, from the labelled points.</source>
      <translation>Estime la exactitud y las superficies, con intervalos, a partir de los puntos etiquetados.</translation>
    </message>
    <message>
      <source>Labels</source>
      <translation>Etiquetas</translation>
    </message>
    <message>
      <source>Learn</source>
      <translation>Aprender</translation>
    </message>
    <message>
      <source>Map</source>
      <translation>Mapa</translation>
    </message>
    <message>
      <source>Sample</source>
      <translation>Muestra</translation>
    </message>
    <message>
      <source>The labels are imported: {name}.</source>
      <translation>Las etiquetas están importadas: {name}.</translation>
    </message>
    <message>
      <source>The sample is drawn: {name}. Label its points here.</source>
      <translation>La muestra está sorteada: {name}. Etiquete aquí sus puntos.</translation>
    </message>
  </context>
  <context>
    <name>AccuracyResult</name>
    <message>
      <source>Open the report</source>
      <translation>Abrir el informe</translation>
    </message>
  </context>
  <context>
    <name>AlgorithmForm</name>
    <message>
      <source>Advanced</source>
      <translation>Avanzado</translation>
    </message>
  </context>
  <context>
    <name>AlgorithmPage</name>
    <message>
      <source>Cancel</source>
      <translation>Cancelar</translation>
    </message>
    <message>
      <source>Enable the Allpa provider in Settings ▸ Options ▸ Processing.</source>
      <translation>Active el proveedor Allpa en Configuración ▸ Opciones ▸ Procesado.</translation>
    </message>
    <message>
      <source>Run</source>
      <translation>Ejecutar</translation>
    </message>
    <message>
      <source>Starting…</source>
      <translation>Iniciando…</translation>
    </message>
  </context>
  <context>
    <name>AlgorithmRun</name>
    <message>
      <source>Allpa's algorithms are not available.</source>
      <translation>Los algoritmos de Allpa no están disponibles.</translation>
    </message>
    <message>
      <source>Enable the Allpa provider in Settings ▸ Options ▸ Processing.</source>
      <translation>Active el proveedor Allpa en Configuración ▸ Opciones ▸ Procesado.</translation>
    </message>
    <message>
      <source>Run again. If the error persists, report it and attach the details.</source>
      <translation>Ejecute de nuevo. Si el error persiste, comuníquelo y adjunte los detalles.</translation>
    </message>
    <message>
      <source>Run again; finished steps are not repeated.</source>
      <translation>Ejecute de nuevo; los pasos terminados no se repiten.</translation>
    </message>
    <message>
      <source>The job ended without a result.</source>
      <translation>El trabajo terminó sin resultado.</translation>
    </message>
    <message>
      <source>Unexpected error.</source>
      <translation>Error inesperado.</translation>
    </message>
  </context>
  <context>
    <name>Allpa</name>
    <message>
      <source>0 chooses it by left-out blocks; the larger, the less the model changes.</source>
      <translation>0 la elige con bloques que se dejan fuera; cuanto mayor, menos cambia el modelo.</translation>
    </message>
    <message>
      <source>0 for no limit.</source>
      <translation>0 para no limitarlo.</translation>
    </message>
    <message>
      <source>0 for none. A minimum distance changes the chances of pixels in small patches, which intervals do not take into account; where it leaves too few points, the log says so.</source>
      <translation>0 para ninguna. Una distancia mínima cambia la probabilidad de los píxeles en parches pequeños, lo que los intervalos no tienen en cuenta; donde deja muy pocos puntos, el registro lo dice.</translation>
    </message>
    <message>
      <source>0 takes the largest blocks that the labels allow.</source>
      <translation>0 toma los bloques más grandes que permiten las etiquetas.</translation>
    </message>
    <message>
      <source>0 takes the largest usual size that the corrections allow.</source>
      <translation>0 toma el mayor tamaño usual que las correcciones permiten.</translation>
    </message>
    <message>
      <source>0 takes the side of a chip.</source>
      <translation>0 toma el lado de un recorte.</translation>
    </message>
    <message>
      <source>0 to 1; chips with fewer labelled pixels are not written.</source>
      <translation>De 0 a 1; los recortes con menos píxeles etiquetados no se escriben.</translation>
    </message>
    <message>
      <source>0.01 gives an interval of about 2 % to either side.</source>
      <translation>0,01 da un intervalo de cerca de 2 % a cada lado.</translation>
    </message>
    <message>
      <source>1 Sentinel-2 tile</source>
      <translation>1 tesela de Sentinel-2</translation>
    </message>
    <message>
      <source>3 x 3 pixels around each point</source>
      <translation>3 x 3 píxeles alrededor de cada punto</translation>
    </message>
    <message>
      <source>A CSV file, the same for all rows of a batch: each run adds its region as a row. Where no cache folder is set, the scenes are kept beside it, so that neighbouring regions share what was downloaded. Several windows of QGIS may write to it at once. For the districts of one layer, one run with zones is faster.</source>
      <translation>Un archivo CSV, el mismo para todas las filas del lote: cada ejecución agrega su región como una fila. Si no se indica una carpeta de caché, las escenas se guardan junto a la tabla, para que las regiones vecinas compartan lo descargado. Varias ventanas de QGIS pueden escribir en ella a la vez. Para los distritos de una capa, una sola ejecución con zonas es más rápida.</translation>
    </message>
    <message>
      <source>A downloaded package is not the one that was tested: its hash differs.</source>
      <translation>Un paquete descargado no es el que se probó: su hash es distinto.</translation>
    </message>
    <message>
      <source>A file for each format is written here.</source>
      <translation>Aquí se escribe un archivo por formato.</translation>
    </message>
    <message>
      <source>A file of the engine is in use by another program.</source>
      <translation>Otro programa está usando un archivo del motor.</translation>
    </message>
    <message>
      <source>A file or folder of the engine cannot be written.</source>
      <translation>Un archivo o una carpeta del motor no se puede escribir.</translation>
    </message>
    <message>
      <source>A file with labels is never replaced unasked.</source>
      <translation>Un archivo con etiquetas nunca se reemplaza sin que se pida.</translation>
    </message>
    <message>
      <source>A folder of seasonal composites, or one with a folder for each tile.</source>
      <translation>Una carpeta de compuestos estacionales, o una con una carpeta por tesela.</translation>
    </message>
    <message>
      <source>A folder that all computers see, or s3://bucket/prefix. Endpoint and keys of the bucket come from the usual AWS variables or profile. If empty, tiles stay in the output folder.</source>
      <translation>Una carpeta que vean todos los equipos, o s3://bucket/prefijo. El punto de acceso y las claves se toman de las variables o el perfil habituales de AWS. Si está vacío, las teselas quedan en la carpeta de salida.</translation>
    </message>
    <message>
      <source>A layer with a field of classes. If empty, the file below is taken.</source>
      <translation>Una capa con un campo de clases. Si está vacío, se toma el archivo de abajo.</translation>
    </message>
    <message>
      <source>A legend needs at least two classes.</source>
      <translation>Una leyenda necesita al menos dos clases.</translation>
    </message>
    <message>
      <source>A library of the system that the engine needs is missing on this computer, or is too old.</source>
      <translation>Falta en este equipo una biblioteca del sistema que el motor necesita, o es demasiado antigua.</translation>
    </message>
    <message>
      <source>A list that 'Search scenes' wrote, to use instead of searching again.</source>
      <translation>Una lista escrita por «Buscar escenas», para usarla en vez de buscar de nuevo.</translation>
    </message>
    <message>
      <source>A list that 'Search scenes' wrote.</source>
      <translation>Una lista escrita por «Buscar escenas».</translation>
    </message>
    <message>
      <source>A map for each zone too</source>
      <translation>También un mapa por zona</translation>
    </message>
    <message>
      <source>A map with the codes 1 to 10 that Allpa wrote.</source>
      <translation>Un mapa con los códigos 1 a 10 escrito por Allpa.</translation>
    </message>
    <message>
      <source>A model folder of a network, where the start is 'model'.</source>
      <translation>Carpeta de modelo de una red, cuando el comienzo es 'model'.</translation>
    </message>
    <message>
      <source>A model folder or its model.json, or weights (safetensors). If empty, the bundled model is used.</source>
      <translation>Una carpeta de modelo o su model.json, o pesos (safetensors). Si está vacío, se usa el modelo incluido.</translation>
    </message>
    <message>
      <source>A model for each parent class</source>
      <translation>Un modelo por cada clase superior</translation>
    </message>
    <message>
      <source>A model of seasonal features: of 'Train a forest', or a network of 'Train a network'.</source>
      <translation>Un modelo de variables estacionales: de «Entrenar un bosque», o una red de «Entrenar una red».</translation>
    </message>
    <message>
      <source>A model that classifies single scenes, such as one taught by corrections.</source>
      <translation>Un modelo que clasifica escenas una por una, como el que se enseña con correcciones.</translation>
    </message>
    <message>
      <source>A multiple of 16. Larger tiles need more memory and overlap less.</source>
      <translation>Un múltiplo de 16. Las teselas más grandes necesitan más memoria y se superponen menos.</translation>
    </message>
    <message>
      <source>A name of segmentation_models_pytorch, such as resnet18. Empty takes Allpa's own network.</source>
      <translation>Un nombre de segmentation_models_pytorch, como resnet18. Vacío toma la red propia de Allpa.</translation>
    </message>
    <message>
      <source>A new file with all points and labels; the given sample stays as it is.</source>
      <translation>Un archivo nuevo con todos los puntos y etiquetas; la muestra dada no se modifica.</translation>
    </message>
    <message>
      <source>A period needs both a start and an end date.</source>
      <translation>Un período necesita fecha inicial y fecha final.</translation>
    </message>
    <message>
      <source>A polygon as WKT, such as CRS=EPSG:4326;POLYGON((...)), instead of a layer. Without a CRS: EPSG:4326.</source>
      <translation>Un polígono en WKT, como CRS=EPSG:4326;POLYGON((...)), en vez de una capa. Sin SRC: EPSG:4326.</translation>
    </message>
    <message>
      <source>A rectangle, such as xmin,xmax,ymin,ymax [EPSG:32718], instead of a layer.</source>
      <translation>Un rectángulo, como xmin,xmax,ymin,ymax [EPSG:32718], en vez de una capa.</translation>
    </message>
    <message>
      <source>A row for each region: its name, and the paths of its map and its sample. They are assessed in one run, each by itself.</source>
      <translation>Una fila por región: su nombre y las rutas de su mapa y de su muestra. Se evalúan en una sola ejecución, cada una por separado.</translation>
    </message>
    <message>
      <source>A sample of this map: its points get the classes of the reference.</source>
      <translation>Una muestra de este mapa: sus puntos reciben las clases de la referencia.</translation>
    </message>
    <message>
      <source>A sample that was drawn from the change raster of an earlier run of the same maps, with the classes of both dates as labels: areas of change are then estimated, with intervals.</source>
      <translation>Una muestra extraída del ráster de cambio de una ejecución anterior de los mismos mapas, con las clases de ambas fechas como etiquetas: así se estiman las superficies de cambio con sus intervalos.</translation>
    </message>
    <message>
      <source>About {} are downloaded, and {} are needed on disk.</source>
      <translation>Se descargan unos {} y se necesitan {} en disco.</translation>
    </message>
    <message>
      <source>About {} are downloaded.</source>
      <translation>Se descargan unos {}.</translation>
    </message>
    <message>
      <source>Accuracy</source>
      <translation>Exactitud</translation>
    </message>
    <message>
      <source>Accuracy and areas</source>
      <translation>Exactitud y superficies</translation>
    </message>
    <message>
      <source>Accuracy and areas in sentences</source>
      <translation>Exactitud y superficies en frases</translation>
    </message>
    <message>
      <source>Accuracy and areas of the change (CSV)</source>
      <translation>Exactitud y superficies del cambio (CSV)</translation>
    </message>
    <message>
      <source>Accuracy sample</source>
      <translation>Muestra de exactitud</translation>
    </message>
    <message>
      <source>Accuracy table</source>
      <translation>Tabla de exactitud</translation>
    </message>
    <message>
      <source>Action required</source>
      <translation>Acción necesaria</translation>
    </message>
    <message>
      <source>Add elevation, slope and aspect</source>
      <translation>Agregar elevación, pendiente y orientación</translation>
    </message>
    <message>
      <source>Address of a Dask scheduler whose workers make the tiles, such as tls://host:8786, or local:2 for two workers of this computer. All who reach a scheduler can run programs on its computers: use only one that you trust.</source>
      <translation>Dirección de un planificador de Dask cuyos trabajadores hacen las teselas, como tls://equipo:8786, o local:2 para dos trabajadores de este equipo. Quien acceda a un planificador puede ejecutar programas en sus equipos: use solo uno de confianza.</translation>
    </message>
    <message>
      <source>Adds a raster of loss, gain and persistence of this class, and a table of its transitions, such as trees lost or built area gained.</source>
      <translation>Agrega un ráster de pérdida, ganancia y permanencia de esta clase y una tabla de sus transiciones, por ejemplo árboles perdidos o área construida ganada.</translation>
    </message>
    <message>
      <source>Advise merging below this separability</source>
      <translation>Aconsejar fusionar por debajo de esta separabilidad</translation>
    </message>
    <message>
      <source>After a run, the least recently used scenes are deleted until the cache fits.</source>
      <translation>Tras cada ejecución se borran las escenas usadas hace más tiempo hasta que la caché quepa.</translation>
    </message>
    <message>
      <source>After so many the training stops.</source>
      <translation>Tras esa cantidad el entrenamiento se detiene.</translation>
    </message>
    <message>
      <source>After the vote, the year's vegetation decides between grass and crops, in temperate Europe and where at least six clear dates show a pixel. The map by the vote alone is written too.</source>
      <translation>Después de la votación, la vegetación del año decide entre pasto y cultivos, en la Europa templada y donde al menos seis fechas despejadas muestran el píxel. También se escribe el mapa de la sola votación.</translation>
    </message>
    <message>
      <source>After the warm-up; it falls to 0 in the second half. 0: by the start.</source>
      <translation>Tras el calentamiento; baja a 0 en la segunda mitad. 0: según el punto de partida.</translation>
    </message>
    <message>
      <source>All class probabilities of a scene vote, not only its most probable class.</source>
      <translation>Votan todas las probabilidades de clase de cada escena, no solo su clase más probable.</translation>
    </message>
    <message>
      <source>All classes</source>
      <translation>Todas las clases</translation>
    </message>
    <message>
      <source>All embeddings</source>
      <translation>Todos los embeddings</translation>
    </message>
    <message>
      <source>All figures (JSON)</source>
      <translation>Todas las cifras (JSON)</translation>
    </message>
    <message>
      <source>All files (*)</source>
      <translation>Todos los archivos (*)</translation>
    </message>
    <message>
      <source>All files are written here, with the periods in their names.</source>
      <translation>Todos los archivos se escriben aquí, con los períodos en sus nombres.</translation>
    </message>
    <message>
      <source>All files are written here. Use the same folder to resume an interrupted run.</source>
      <translation>Todos los archivos se escriben aquí. Use la misma carpeta para reanudar una ejecución interrumpida.</translation>
    </message>
    <message>
      <source>All together</source>
      <translation>Todas juntas</translation>
    </message>
    <message>
      <source>Allocation to strata</source>
      <translation>Asignación a los estratos</translation>
    </message>
    <message>
      <source>Allpa is working.</source>
      <translation>Allpa está trabajando.</translation>
    </message>
    <message>
      <source>Allpa is working: {title}.</source>
      <translation>Allpa está trabajando: {title}.</translation>
    </message>
    <message>
      <source>Allpa's engine is not installed yet.</source>
      <translation>El motor de Allpa aún no está instalado.</translation>
    </message>
    <message>
      <source>Allpa: annual land-cover map from Sentinel-2</source>
      <translation>Allpa: mapa anual de cobertura de la tierra con Sentinel-2</translation>
    </message>
    <message>
      <source>Allpa: diagnostics report…</source>
      <translation>Allpa: informe de diagnóstico…</translation>
    </message>
    <message>
      <source>Also masks pixels around clouds and cloud shadows.</source>
      <translation>Enmascara también los píxeles alrededor de nubes y sombras de nubes.</translation>
    </message>
    <message>
      <source>An encoder can only be chosen where the training starts from nothing.</source>
      <translation>Solo se puede elegir un codificador si el entrenamiento empieza desde cero.</translation>
    </message>
    <message>
      <source>Annual decision (grass or crops)</source>
      <translation>Decisión anual (pasto o cultivos)</translation>
    </message>
    <message>
      <source>Annual land cover of ten classes from Sentinel-2 scenes, by class-weighted majority vote.</source>
      <translation>Cobertura anual de la tierra en diez clases, de escenas Sentinel-2, por voto mayoritario ponderado por clase.</translation>
    </message>
    <message>
      <source>Annual land-cover map</source>
      <translation>Mapa anual de cobertura de la tierra</translation>
    </message>
    <message>
      <source>Annual map and areas by district</source>
      <translation>Mapa anual y superficies por distrito</translation>
    </message>
    <message>
      <source>Another QGIS window is installing the engine.</source>
      <translation>Otra ventana de QGIS está instalando el motor.</translation>
    </message>
    <message>
      <source>Another folder than that of the run: its map stays.</source>
      <translation>Otra carpeta que la de la corrida: su mapa queda.</translation>
    </message>
    <message>
      <source>Another model</source>
      <translation>Otro modelo</translation>
    </message>
    <message>
      <source>Apple GPU (mps)</source>
      <translation>GPU de Apple (mps)</translation>
    </message>
    <message>
      <source>April</source>
      <translation>abril</translation>
    </message>
    <message>
      <source>Area</source>
      <translation>Superficie</translation>
    </message>
    <message>
      <source>Area table</source>
      <translation>Tabla de superficies</translation>
    </message>
    <message>
      <source>Area table (CSV)</source>
      <translation>Tabla de superficies (CSV)</translation>
    </message>
    <message>
      <source>Area table (JSON)</source>
      <translation>Tabla de superficies (JSON)</translation>
    </message>
    <message>
      <source>Areas are estimated for each of them too, also where the sample knows no zones.</source>
      <translation>Las superficies se estiman también para cada una de ellas, aunque la muestra no tenga zonas.</translation>
    </message>
    <message>
      <source>Areas by district</source>
      <translation>Superficies por distrito</translation>
    </message>
    <message>
      <source>Areas by zone</source>
      <translation>Superficies por zona</translation>
    </message>
    <message>
      <source>Areas by zone, long (CSV)</source>
      <translation>Superficies por zona, formato largo (CSV)</translation>
    </message>
    <message>
      <source>Areas by zone, wide (CSV)</source>
      <translation>Superficies por zona, formato ancho (CSV)</translation>
    </message>
    <message>
      <source>Areas of zones</source>
      <translation>Superficies de las zonas</translation>
    </message>
    <message>
      <source>Areas of zones (CSV)</source>
      <translation>Superficies de las zonas (CSV)</translation>
    </message>
    <message>
      <source>As for the annual map</source>
      <translation>Como para el mapa anual</translation>
    </message>
    <message>
      <source>As in the table</source>
      <translation>Como en la tabla</translation>
    </message>
    <message>
      <source>At least one class weight must be greater than zero.</source>
      <translation>Al menos un peso de clase debe ser mayor que cero.</translation>
    </message>
    <message>
      <source>At least two maps are needed.</source>
      <translation>Se necesitan al menos dos mapas.</translation>
    </message>
    <message>
      <source>August</source>
      <translation>agosto</translation>
    </message>
    <message>
      <source>Automatic</source>
      <translation>Automático</translation>
    </message>
    <message>
      <source>Averages the network's features over the clear observations of a year or of each month, as GeoTIFF.</source>
      <translation>Promedia las características de la red en las observaciones despejadas de un año o de cada mes, como GeoTIFF.</translation>
    </message>
    <message>
      <source>Balance of the classes</source>
      <translation>Equilibrio de las clases</translation>
    </message>
    <message>
      <source>Balanced</source>
      <translation>Equilibrados</translation>
    </message>
    <message>
      <source>Bands</source>
      <translation>Bandas</translation>
    </message>
    <message>
      <source>Base Python interpreter</source>
      <translation>Intérprete de Python base</translation>
    </message>
    <message>
      <source>Bright ground</source>
      <translation>Suelo claro</translation>
    </message>
    <message>
      <source>By class code or stratum, 0 to 1, e.g. 2=0.9; 3=0.6; other=0.75. Used for the size and optimal.</source>
      <translation>Por código de clase o estrato, de 0 a 1, p. ej. 2=0.9; 3=0.6; other=0.75. Se usan para el tamaño y la asignación optimal.</translation>
    </message>
    <message>
      <source>By permutation on unseen blocks.</source>
      <translation>Por permutación en bloques no vistos.</translation>
    </message>
    <message>
      <source>Bytes on disk</source>
      <translation>Bytes en disco</translation>
    </message>
    <message>
      <source>Bytes to download</source>
      <translation>Bytes por descargar</translation>
    </message>
    <message>
      <source>CPU</source>
      <translation>CPU</translation>
    </message>
    <message>
      <source>CPU threads (0 = all)</source>
      <translation>Hilos de CPU (0 = todos)</translation>
    </message>
    <message>
      <source>CRS of the labels</source>
      <translation>SRC de las etiquetas</translation>
    </message>
    <message>
      <source>CRS of the reference data</source>
      <translation>SRC de los datos de referencia</translation>
    </message>
    <message>
      <source>CSV file of the table.</source>
      <translation>Archivo CSV de la tabla.</translation>
    </message>
    <message>
      <source>CSV file; matrix, report, picture and the figures as JSON are written beside it.</source>
      <translation>Archivo CSV; la matriz, el informe, la figura y las cifras en JSON se escriben a su lado.</translation>
    </message>
    <message>
      <source>Cache folder</source>
      <translation>Carpeta de caché</translation>
    </message>
    <message>
      <source>Calculates the area of each class of a land-cover map, in total and by zone.</source>
      <translation>Calcula la superficie de cada clase de un mapa de cobertura de la tierra, en total y por zona.</translation>
    </message>
    <message>
      <source>Calendar year of the map, 2015 or later.</source>
      <translation>Año calendario del mapa, desde 2015.</translation>
    </message>
    <message>
      <source>Calendar year of the map, 2015 or later. If empty, last year.</source>
      <translation>Año calendario del mapa, 2015 o posterior. Si está vacío, el año pasado.</translation>
    </message>
    <message>
      <source>Cancel</source>
      <translation>Cancelar</translation>
    </message>
    <message>
      <source>Cancelled.</source>
      <translation>Cancelado.</translation>
    </message>
    <message>
      <source>Catalogue</source>
      <translation>Catálogo</translation>
    </message>
    <message>
      <source>Catalogue URL</source>
      <translation>URL del catálogo</translation>
    </message>
    <message>
      <source>Change</source>
      <translation>Cambio</translation>
    </message>
    <message>
      <source>Change between land-cover maps of the same region. It contains the errors of both maps: assess its accuracy with a reference sample before publishing figures.</source>
      <translation>Cambio entre mapas de cobertura de la tierra de la misma región. Contiene los errores de ambos mapas: evalúe su exactitud con una muestra de referencia antes de publicar cifras.</translation>
    </message>
    <message>
      <source>Change confidence</source>
      <translation>Confianza del cambio</translation>
    </message>
    <message>
      <source>Change of one class</source>
      <translation>Cambio de una clase</translation>
    </message>
    <message>
      <source>Changed area (ha)</source>
      <translation>Superficie con cambio (ha)</translation>
    </message>
    <message>
      <source>Check the CRS of the region.</source>
      <translation>Revise el SRC de la región.</translation>
    </message>
    <message>
      <source>Check the CRS of the zone layer.</source>
      <translation>Revise el SRC de la capa de zonas.</translation>
    </message>
    <message>
      <source>Check the network, and the proxy in Settings &gt; Options &gt; Network, then install again.</source>
      <translation>Revise la red y el proxy en Configuración &gt; Opciones &gt; Red e instale de nuevo.</translation>
    </message>
    <message>
      <source>Check who may write in the folder that the log names, then install again.</source>
      <translation>Revise quién puede escribir en la carpeta que indica el registro e instale de nuevo.</translation>
    </message>
    <message>
      <source>Chips</source>
      <translation>Recortes</translation>
    </message>
    <message>
      <source>Choices: {}.</source>
      <translation>Opciones: {}.</translation>
    </message>
    <message>
      <source>Choose a copy of the same file; labels of another draw belong to other points.</source>
      <translation>Elija una copia del mismo archivo; las etiquetas de otro sorteo pertenecen a otros puntos.</translation>
    </message>
    <message>
      <source>Choose a file name.</source>
      <translation>Elija un nombre de archivo.</translation>
    </message>
    <message>
      <source>Choose a file that 'Search scenes' wrote.</source>
      <translation>Elija un archivo escrito por «Buscar escenas».</translation>
    </message>
    <message>
      <source>Choose a layer or a file of labels.</source>
      <translation>Elija una capa o un archivo de etiquetas.</translation>
    </message>
    <message>
      <source>Choose a layer with polygons.</source>
      <translation>Elija una capa con polígonos.</translation>
    </message>
    <message>
      <source>Choose a map that Allpa wrote, such as landcover_2020.tif.</source>
      <translation>Elija un mapa escrito por Allpa, como landcover_2020.tif.</translation>
    </message>
    <message>
      <source>Choose a name for a new folder.</source>
      <translation>Elija el nombre de una carpeta nueva.</translation>
    </message>
    <message>
      <source>Choose a polygon layer, or an extent, or draw a geometry.</source>
      <translation>Elija una capa de polígonos o una extensión, o dibuje una geometría.</translation>
    </message>
    <message>
      <source>Choose a sample whose points are labelled.</source>
      <translation>Elija una muestra cuyos puntos estén etiquetados.</translation>
    </message>
    <message>
      <source>Choose another Python to build on, or none: then a suitable one is taken or downloaded.</source>
      <translation>Elija otro Python como base, o ninguno: entonces se toma o se descarga uno adecuado.</translation>
    </message>
    <message>
      <source>Choose another fallback catalogue, or none.</source>
      <translation>Elija otro catálogo alternativo, o ninguno.</translation>
    </message>
    <message>
      <source>Choose another file format for the layer. The tables are complete: {}.</source>
      <translation>Elija otro formato de archivo para la capa. Las tablas están completas: {}.</translation>
    </message>
    <message>
      <source>Choose another file.</source>
      <translation>Elija otro archivo.</translation>
    </message>
    <message>
      <source>Choose another folder, or set 'Replace the map of another job' (OVERWRITE).</source>
      <translation>Elija otra carpeta, o active «Reemplazar el mapa de otro trabajo» (OVERWRITE).</translation>
    </message>
    <message>
      <source>Choose another layer.</source>
      <translation>Elija otra capa.</translation>
    </message>
    <message>
      <source>Choose another one, or leave it empty for the UTM zone of the region.</source>
      <translation>Elija otro, o déjelo vacío para usar la zona UTM de la región.</translation>
    </message>
    <message>
      <source>Choose another one: the map of the run stays.</source>
      <translation>Elija otra: el mapa de la corrida queda.</translation>
    </message>
    <message>
      <source>Choose another platform or Python.</source>
      <translation>Elija otra plataforma u otro Python.</translation>
    </message>
    <message>
      <source>Choose another work folder, or remove the file.</source>
      <translation>Elija otra carpeta de trabajo, o quite el archivo.</translation>
    </message>
    <message>
      <source>Choose at least one and run again.</source>
      <translation>Elija al menos uno y ejecute de nuevo.</translation>
    </message>
    <message>
      <source>Choose labels and the field with their classes.</source>
      <translation>Elija etiquetas y el campo con sus clases.</translation>
    </message>
    <message>
      <source>Choose legend.json, a style with categories (QML), or a table with the columns code, name and color.</source>
      <translation>Elija legend.json, un estilo con categorías (QML), o una tabla con las columnas código, nombre y color.</translation>
    </message>
    <message>
      <source>Choose more maps.</source>
      <translation>Elija más mapas.</translation>
    </message>
    <message>
      <source>Choose one of the method Basic, with the access key as user name and its secret as password.</source>
      <translation>Elija una del método Básica, con la clave de acceso como usuario y su secreto como contraseña.</translation>
    </message>
    <message>
      <source>Choose one that 'Search scenes' wrote.</source>
      <translation>Elija una escrita por «Buscar escenas».</translation>
    </message>
    <message>
      <source>Choose the field with the class of each correction.</source>
      <translation>Elija el campo con la clase de cada corrección.</translation>
    </message>
    <message>
      <source>Choose the file or folder that holds them.</source>
      <translation>Elija el archivo o la carpeta que los contiene.</translation>
    </message>
    <message>
      <source>Choose the folder of a run of Allpa.</source>
      <translation>Elija la carpeta de una ejecución de Allpa.</translation>
    </message>
    <message>
      <source>Choose the folder that 'Training data' wrote.</source>
      <translation>Elija la carpeta que escribió «Datos de entrenamiento».</translation>
    </message>
    <message>
      <source>Choose the output folder of a run whose tiles were mapped separately, or a folder with several of them.</source>
      <translation>Elija la carpeta de salida de una ejecución cuyas teselas se cartografiaron por separado, o una carpeta con varias de ellas.</translation>
    </message>
    <message>
      <source>Choose the output folder of an annual land-cover map.</source>
      <translation>Elija la carpeta de salida de un mapa anual de cobertura.</translation>
    </message>
    <message>
      <source>Chosen</source>
      <translation>Elegida</translation>
    </message>
    <message>
      <source>Chosen at random. Pixels of one polygon are alike.</source>
      <translation>Elegidos al azar. Los píxeles de un mismo polígono se parecen.</translation>
    </message>
    <message>
      <source>Class areas by period (CSV)</source>
      <translation>Superficies de clase por período (CSV)</translation>
    </message>
    <message>
      <source>Class field</source>
      <translation>Campo de clase</translation>
    </message>
    <message>
      <source>Class of the optimal allocation</source>
      <translation>Clase de la asignación óptima</translation>
    </message>
    <message>
      <source>Class to analyse</source>
      <translation>Clase por analizar</translation>
    </message>
    <message>
      <source>Class weights</source>
      <translation>Pesos de clase</translation>
    </message>
    <message>
      <source>Class weights by code, e.g. 3=1.2;9=0.6. Default for the others: {}. Models with classes of their own have their own defaults.</source>
      <translation>Pesos de clase por código, p. ej. 3=1.2;9=0.6. Valores por defecto de las demás: {}. Los modelos con clases propias tienen sus propios valores por defecto.</translation>
    </message>
    <message>
      <source>Classes in each zone</source>
      <translation>Clases en cada zona</translation>
    </message>
    <message>
      <source>Classes of the map</source>
      <translation>Clases del mapa</translation>
    </message>
    <message>
      <source>Classes of values</source>
      <translation>Clases de los valores</translation>
    </message>
    <message>
      <source>Classified scenes</source>
      <translation>Escenas clasificadas</translation>
    </message>
    <message>
      <source>Classify composites</source>
      <translation>Clasificar compuestos</translation>
    </message>
    <message>
      <source>Classify scenes</source>
      <translation>Clasificar escenas</translation>
    </message>
    <message>
      <source>Clear observations per pixel</source>
      <translation>Observaciones despejadas por píxel</translation>
    </message>
    <message>
      <source>Clearest below the cloud limit</source>
      <translation>Las más despejadas bajo el límite de nubosidad</translation>
    </message>
    <message>
      <source>Close QGIS?</source>
      <translation>¿Cerrar QGIS?</translation>
    </message>
    <message>
      <source>Close other QGIS windows, and exclude the folder from the virus scanner, then install again.</source>
      <translation>Cierre otras ventanas de QGIS, excluya la carpeta del antivirus e instale de nuevo.</translation>
    </message>
    <message>
      <source>Close other QGIS windows, then install again.</source>
      <translation>Cierre otras ventanas de QGIS e instale de nuevo.</translation>
    </message>
    <message>
      <source>Close other programs that write to the file, or choose a folder where you may write; then click again.</source>
      <translation>Cierre otros programas que escriben en el archivo, o elija una carpeta en la que pueda escribir; luego haga clic de nuevo.</translation>
    </message>
    <message>
      <source>Close other programs that write to the file, or save it where you may write; then label the point again.</source>
      <translation>Cierre otros programas que escriban en el archivo, o guárdelo donde usted pueda escribir; luego etiquete el punto de nuevo.</translation>
    </message>
    <message>
      <source>Closing QGIS stops the job. What is finished is kept: the same job continues from there.</source>
      <translation>Al cerrar QGIS se detiene el trabajo. Lo terminado se conserva: el mismo trabajo continúa desde ahí.</translation>
    </message>
    <message>
      <source>Cloud limit of a season (%)</source>
      <translation>Límite de nubes de una estación (%)</translation>
    </message>
    <message>
      <source>Clouds / not visible</source>
      <translation>Nubes / no visible</translation>
    </message>
    <message>
      <source>Code of a class of your own</source>
      <translation>Código de una clase propia</translation>
    </message>
    <message>
      <source>Codes of a raster</source>
      <translation>Códigos de un ráster</translation>
    </message>
    <message>
      <source>Codes or names of classes. May stay empty for corrections that were made in the dock.</source>
      <translation>Códigos o nombres de clases. Puede quedar vacío para correcciones que se hicieron en el panel.</translation>
    </message>
    <message>
      <source>Collect packages for another computer</source>
      <translation>Reunir los paquetes para otro equipo</translation>
    </message>
    <message>
      <source>Collect them anew for the platform {} and Python {}, with the same version of Allpa.</source>
      <translation>Reúnalos de nuevo para la plataforma {} y Python {}, con la misma versión de Allpa.</translation>
    </message>
    <message>
      <source>Collect them on a computer with a network: 'Collect packages for another computer' in the toolbox.</source>
      <translation>Reúnalos en un equipo con red: «Reunir los paquetes para otro equipo» en la caja de herramientas.</translation>
    </message>
    <message>
      <source>Collected packages</source>
      <translation>Paquetes reunidos</translation>
    </message>
    <message>
      <source>Collection</source>
      <translation>Colección</translation>
    </message>
    <message>
      <source>Column of x (longitude)</source>
      <translation>Columna de x (longitud)</translation>
    </message>
    <message>
      <source>Column of y (latitude)</source>
      <translation>Columna de y (latitud)</translation>
    </message>
    <message>
      <source>Combines per-scene predictions into one map by class-weighted majority vote.</source>
      <translation>Combina las predicciones de cada escena en un mapa por voto mayoritario ponderado por clase.</translation>
    </message>
    <message>
      <source>Compared area (ha)</source>
      <translation>Superficie comparada (ha)</translation>
    </message>
    <message>
      <source>Compares land-cover maps of two or more periods: transition matrix, gains and losses, change raster.</source>
      <translation>Compara mapas de cobertura de la tierra de dos o más períodos: matriz de transición, ganancias y pérdidas, ráster de cambio.</translation>
    </message>
    <message>
      <source>Comparing {} with {}.</source>
      <translation>Comparando {} con {}.</translation>
    </message>
    <message>
      <source>Complete the row, or remove it.</source>
      <translation>Complete la fila o elimínela.</translation>
    </message>
    <message>
      <source>Composite</source>
      <translation>Compuesta</translation>
    </message>
    <message>
      <source>Composite predictions</source>
      <translation>Combinar predicciones</translation>
    </message>
    <message>
      <source>Composites</source>
      <translation>Compuestos</translation>
    </message>
    <message>
      <source>Compute SHAP values</source>
      <translation>Calcular valores SHAP</translation>
    </message>
    <message>
      <source>Computing library</source>
      <translation>Biblioteca de cálculo</translation>
    </message>
    <message>
      <source>Confident changes (%)</source>
      <translation>Cambios con confianza (%)</translation>
    </message>
    <message>
      <source>Contains modified Copernicus Sentinel data.</source>
      <translation>Contiene datos Copernicus Sentinel modificados.</translation>
    </message>
    <message>
      <source>Core-hours</source>
      <translation>Horas de procesador</translation>
    </message>
    <message>
      <source>Correct or empty it in Allpa's options.</source>
      <translation>Corríjalo o vacíelo en las opciones de Allpa.</translation>
    </message>
    <message>
      <source>Correct the path, or empty it here and in Allpa's options.</source>
      <translation>Corrija la ruta, o vacíela aquí y en las opciones de Allpa.</translation>
    </message>
    <message>
      <source>Corrections</source>
      <translation>Correcciones</translation>
    </message>
    <message>
      <source>Corrections (points or polygons)</source>
      <translation>Correcciones (puntos o polígonos)</translation>
    </message>
    <message>
      <source>Crops are lit differently each time; they are always turned and mirrored.</source>
      <translation>La iluminación de los recortes varía cada vez; siempre se giran y reflejan.</translation>
    </message>
    <message>
      <source>Crops of a step</source>
      <translation>Recortes por paso</translation>
    </message>
    <message>
      <source>Curve of the training (PNG)</source>
      <translation>Curva del entrenamiento (PNG)</translation>
    </message>
    <message>
      <source>Cut out of the map and named by the zone, such as zone_maps_2020/Abancay_2020.tif. All zones share one search and one set of scenes, and are rows of one table.</source>
      <translation>Recortado del mapa y con el nombre de la zona, como zone_maps_2020/Abancay_2020.tif. Todas las zonas comparten una búsqueda y un conjunto de escenas, y son filas de una misma tabla.</translation>
    </message>
    <message>
      <source>Dask and object stores</source>
      <translation>Dask y almacenes de objetos</translation>
    </message>
    <message>
      <source>Dask scheduler</source>
      <translation>Planificador de Dask</translation>
    </message>
    <message>
      <source>December</source>
      <translation>diciembre</translation>
    </message>
    <message>
      <source>Deepest level of a tree</source>
      <translation>Profundidad máxima de un árbol</translation>
    </message>
    <message>
      <source>Device</source>
      <translation>Dispositivo</translation>
    </message>
    <message>
      <source>Diagnostics report…</source>
      <translation>Informe de diagnóstico…</translation>
    </message>
    <message>
      <source>Dilate cloud mask</source>
      <translation>Dilatar la máscara de nubes</translation>
    </message>
    <message>
      <source>Direct</source>
      <translation>Directa</translation>
    </message>
    <message>
      <source>Disk space of the GPU engine</source>
      <translation>Espacio en disco del motor para GPU</translation>
    </message>
    <message>
      <source>Disk space of the encoders</source>
      <translation>Espacio en disco de los codificadores</translation>
    </message>
    <message>
      <source>Disk space of the packages for clusters</source>
      <translation>Espacio en disco de los paquetes para clústeres</translation>
    </message>
    <message>
      <source>Disk space of the parts for own classes</source>
      <translation>Espacio en disco de los componentes para clases propias</translation>
    </message>
    <message>
      <source>Districts (polygon layer)</source>
      <translation>Distritos (capa de polígonos)</translation>
    </message>
    <message>
      <source>Download</source>
      <translation>Descarga</translation>
    </message>
    <message>
      <source>Download of the GPU engine</source>
      <translation>Descarga del motor para GPU</translation>
    </message>
    <message>
      <source>Download of the encoders</source>
      <translation>Descarga de los codificadores</translation>
    </message>
    <message>
      <source>Download of the packages for clusters</source>
      <translation>Descarga de los paquetes para clústeres</translation>
    </message>
    <message>
      <source>Download of the parts for own classes</source>
      <translation>Descarga de los componentes para clases propias</translation>
    </message>
    <message>
      <source>Download pretrained weights</source>
      <translation>Descargar pesos preentrenados</translation>
    </message>
    <message>
      <source>Downloaded bytes</source>
      <translation>Bytes descargados</translation>
    </message>
    <message>
      <source>Downloading and unpacking the engine's packages</source>
      <translation>Descargando y desempaquetando los paquetes del motor</translation>
    </message>
    <message>
      <source>Downloading the packages</source>
      <translation>Descargando los paquetes</translation>
    </message>
    <message>
      <source>Downloads the chosen scenes of a scene list and classifies them.</source>
      <translation>Descarga las escenas elegidas de una lista y las clasifica.</translation>
    </message>
    <message>
      <source>Downloads the engine's packages into a zip, from which 'Install engine' installs them on a computer without a network.</source>
      <translation>Descarga los paquetes del motor en un archivo zip, con el que «Instalar el motor» los instala en un equipo sin red.</translation>
    </message>
    <message>
      <source>Draw or choose another region.</source>
      <translation>Dibuje o elija otra región.</translation>
    </message>
    <message>
      <source>Draws the points by which the accuracy of a land-cover map is assessed.</source>
      <translation>Toma los puntos con los que se evalúa la exactitud de un mapa de cobertura de la tierra.</translation>
    </message>
    <message>
      <source>Each classifies the validation blocks.</source>
      <translation>Cada una clasifica los bloques de validación.</translation>
    </message>
    <message>
      <source>Each is tested by what the others teach.</source>
      <translation>Cada uno se prueba con lo que enseñan los demás.</translation>
    </message>
    <message>
      <source>Each office maps its part of a large region tile by tile and sends the output folder. Put these folders into one and choose it. Each tile is checked before: its files must be those of its receipt, and model, period, grid and rule must be those of most other tiles. What is refused is listed with the reason, the other tiles are joined. Seams do not show: each pixel is taken from the tile that a map of the whole region would take it from.</source>
      <translation>Cada oficina cartografía su parte de una región grande, tesela por tesela, y envía la carpeta de salida. Ponga estas carpetas en una sola y elíjala. Antes se comprueba cada tesela: sus archivos deben ser los de su recibo, y el modelo, el período, la cuadrícula y la regla deben ser los de la mayoría de las teselas. Lo que se rechaza se enumera con el motivo; las demás teselas se unen. Las uniones no se notan: cada píxel se toma de la tesela de la que lo tomaría un mapa de toda la región.</translation>
    </message>
    <message>
      <source>Each pixel is classified once from the features of its seasons. The composites may be of another place or year than the training data, with the same seasons and bands. A pixel that lacks more than half of the features gets no class. Map, quality raster and area table are those that accuracy, change and reports take.</source>
      <translation>Cada píxel se clasifica una vez con las variables de sus estaciones. Los compuestos pueden ser de otro lugar o año que los datos de entrenamiento, con las mismas estaciones y bandas. Un píxel al que falta más de la mitad de las variables queda sin clase. El mapa, el ráster de calidad y la tabla de superficies son los que toman la evaluación de exactitud, el cambio y los informes.</translation>
    </message>
    <message>
      <source>Each polygon gets a map, and a row of the tables.</source>
      <translation>Cada polígono obtiene un mapa y una fila de las tablas.</translation>
    </message>
    <message>
      <source>Each refit is a version of its own in it. If empty: 'teaching' in the folder of the run.</source>
      <translation>Cada reajuste es una versión propia en ella. Si está vacía: 'teaching' en la carpeta de la corrida.</translation>
    </message>
    <message>
      <source>Each region needs a name of its own, a map and a sample.</source>
      <translation>Cada región necesita un nombre propio, un mapa y una muestra.</translation>
    </message>
    <message>
      <source>Each tile by itself</source>
      <translation>Cada tesela por separado</translation>
    </message>
    <message>
      <source>Each tile gets a cloud-optimised GeoTIFF of signed bytes; scale and offset of each band stand in it. A few labelled pixels and the distance to their means, or any classifier, make a map of them.</source>
      <translation>Cada tesela recibe un GeoTIFF optimizado para la nube, de bytes con signo; contiene la escala y el desplazamiento de cada banda. Unos pocos píxeles etiquetados y la distancia a sus medias, o cualquier clasificador, hacen de ellos un mapa.</translation>
    </message>
    <message>
      <source>Earlier training data in it are replaced.</source>
      <translation>Los datos de entrenamiento anteriores que contenga se reemplazan.</translation>
    </message>
    <message>
      <source>Edit it: the access key is the user name, and its secret the password.</source>
      <translation>Edítela: la clave de acceso es el usuario y su secreto, la contraseña.</translation>
    </message>
    <message>
      <source>Effects by class and band (CSV)</source>
      <translation>Efectos por clase y banda (CSV)</translation>
    </message>
    <message>
      <source>Elevation (m)</source>
      <translation>Elevación (m)</translation>
    </message>
    <message>
      <source>Embeddings of a run</source>
      <translation>Embeddings de una corrida</translation>
    </message>
    <message>
      <source>Encoder, where the start is nothing</source>
      <translation>Codificador, si el comienzo es 'nothing'</translation>
    </message>
    <message>
      <source>Encoding of a shapefile</source>
      <translation>Codificación de un shapefile</translation>
    </message>
    <message>
      <source>End date (replaces the year)</source>
      <translation>Fecha final (reemplaza al año)</translation>
    </message>
    <message>
      <source>Engine status</source>
      <translation>Estado del motor</translation>
    </message>
    <message>
      <source>Engines of other versions take disk space; delete them if no other QGIS uses them: {}</source>
      <translation>Los motores de otras versiones ocupan disco; bórrelos si ningún otro QGIS los usa: {}</translation>
    </message>
    <message>
      <source>Enter a name of at most {} letters.</source>
      <translation>Escriba un nombre de no más de {} letras.</translation>
    </message>
    <message>
      <source>Enter another name.</source>
      <translation>Escriba otro nombre.</translation>
    </message>
    <message>
      <source>Enter the URL of a STAC API, beginning with https://, or the file of a static catalogue.</source>
      <translation>Escriba la URL de una API STAC, que empieza por https://, o el archivo de un catálogo estático.</translation>
    </message>
    <message>
      <source>Enter them in Settings &gt; Options &gt; Network, then install again.</source>
      <translation>Escríbalos en Configuración &gt; Opciones &gt; Red e instale de nuevo.</translation>
    </message>
    <message>
      <source>Enter your name or initials.</source>
      <translation>Escriba su nombre o sus iniciales.</translation>
    </message>
    <message>
      <source>Equal</source>
      <translation>Iguales</translation>
    </message>
    <message>
      <source>Error matrix (CSV)</source>
      <translation>Matriz de error (CSV)</translation>
    </message>
    <message>
      <source>Estimates of zones are adjusted a little (raking); not where zones overlap.</source>
      <translation>Las estimaciones de las zonas se ajustan un poco (raking); no donde las zonas se superponen.</translation>
    </message>
    <message>
      <source>Estimates the accuracy of a map and the true area of its classes from a labelled sample.</source>
      <translation>Estima la exactitud de un mapa y la superficie real de sus clases a partir de una muestra etiquetada.</translation>
    </message>
    <message>
      <source>Example for QGIS's Python console:</source>
      <translation>Ejemplo para la consola de Python de QGIS:</translation>
    </message>
    <message>
      <source>Expected standard error</source>
      <translation>Error estándar esperado</translation>
    </message>
    <message>
      <source>Expected user's accuracies</source>
      <translation>Exactitudes del usuario esperadas</translation>
    </message>
    <message>
      <source>Explain a network</source>
      <translation>Explicar una red</translation>
    </message>
    <message>
      <source>Export a network</source>
      <translation>Exportar una red</translation>
    </message>
    <message>
      <source>Failed scenes</source>
      <translation>Escenas fallidas</translation>
    </message>
    <message>
      <source>Fallback catalogue</source>
      <translation>Catálogo alternativo</translation>
    </message>
    <message>
      <source>Features</source>
      <translation>Variables</translation>
    </message>
    <message>
      <source>Features to keep</source>
      <translation>Variables que se conservan</translation>
    </message>
    <message>
      <source>Features tried at a split</source>
      <translation>Variables que se prueban en cada división</translation>
    </message>
    <message>
      <source>February</source>
      <translation>febrero</translation>
    </message>
    <message>
      <source>Fetches small true-colour pictures of the chosen scenes of a scene list over the region.</source>
      <translation>Obtiene imágenes pequeñas en color verdadero de las escenas elegidas de una lista, sobre la región.</translation>
    </message>
    <message>
      <source>Fewer rows of large classes</source>
      <translation>Menos filas de las clases grandes</translation>
    </message>
    <message>
      <source>Fewest rows at a leaf</source>
      <translation>Mínimo de filas en una hoja</translation>
    </message>
    <message>
      <source>Field of groups</source>
      <translation>Campo de grupos</translation>
    </message>
    <message>
      <source>Field of the classes</source>
      <translation>Campo de las clases</translation>
    </message>
    <message>
      <source>Field with the district's name</source>
      <translation>Campo con el nombre del distrito</translation>
    </message>
    <message>
      <source>Field with the region's name</source>
      <translation>Campo con el nombre de la región</translation>
    </message>
    <message>
      <source>Fields of the zones whose names the layer's format could take for others are renamed: {}.</source>
      <translation>Se renombran los campos de las zonas cuyos nombres el formato de la capa podría confundir con otros: {}.</translation>
    </message>
    <message>
      <source>Fields such as province and department: a further table (CSV) has a row for each of their values, the sum of its zones. Choose the larger units too: provinces of one name in two departments then stay apart.</source>
      <translation>Campos como provincia y departamento: otra tabla (CSV) tiene una fila por cada uno de sus valores, la suma de sus zonas. Elija también las unidades mayores: así las provincias del mismo nombre en dos departamentos quedan separadas.</translation>
    </message>
    <message>
      <source>Figures of the validation (JSON)</source>
      <translation>Cifras de la validación (JSON)</translation>
    </message>
    <message>
      <source>File of the whole group, which can be dragged into any project later.</source>
      <translation>Archivo de todo el grupo, que más tarde se puede arrastrar a cualquier proyecto.</translation>
    </message>
    <message>
      <source>Files of the job are missing: {names}.</source>
      <translation>Faltan archivos del trabajo: {names}.</translation>
    </message>
    <message>
      <source>Finds the Sentinel-2 scenes of a region and period, selects the best ones, and writes a scene list.</source>
      <translation>Encuentra las escenas Sentinel-2 de una región y un período, elige las mejores y escribe una lista de escenas.</translation>
    </message>
    <message>
      <source>Finest grid</source>
      <translation>La cuadrícula más fina</translation>
    </message>
    <message>
      <source>Finish the run, or choose another one.</source>
      <translation>Termine la corrida, o elija otra.</translation>
    </message>
    <message>
      <source>First date</source>
      <translation>Primera fecha</translation>
    </message>
    <message>
      <source>First day of the period, e.g. 2020-04-01. Requires the end date.</source>
      <translation>Primer día del período, p. ej. 2020-04-01. Requiere la fecha final.</translation>
    </message>
    <message>
      <source>First embedding</source>
      <translation>Primer embedding</translation>
    </message>
    <message>
      <source>First year</source>
      <translation>Primer año</translation>
    </message>
    <message>
      <source>Folder for downloaded scenes, shared between runs. If empty, they are stored with the results.</source>
      <translation>Carpeta para las escenas descargadas, común a todas las ejecuciones. Si está vacía, se guardan con los resultados.</translation>
    </message>
    <message>
      <source>Folder of features</source>
      <translation>Carpeta de variables</translation>
    </message>
    <message>
      <source>Folder of the change</source>
      <translation>Carpeta del cambio</translation>
    </message>
    <message>
      <source>Folder of the explanation</source>
      <translation>Carpeta de la explicación</translation>
    </message>
    <message>
      <source>Folder of the exported network</source>
      <translation>Carpeta de la red exportada</translation>
    </message>
    <message>
      <source>Folder of the first map</source>
      <translation>Carpeta del primer mapa</translation>
    </message>
    <message>
      <source>Folder of the maps of zones</source>
      <translation>Carpeta de los mapas de las zonas</translation>
    </message>
    <message>
      <source>Folder of the model</source>
      <translation>Carpeta del modelo</translation>
    </message>
    <message>
      <source>Folder of the packages</source>
      <translation>Carpeta de los paquetes</translation>
    </message>
    <message>
      <source>Folder of the pictures</source>
      <translation>Carpeta de las imágenes</translation>
    </message>
    <message>
      <source>Folder of the run</source>
      <translation>Carpeta de la corrida</translation>
    </message>
    <message>
      <source>Folder of the second map</source>
      <translation>Carpeta del segundo mapa</translation>
    </message>
    <message>
      <source>Folder of the training data</source>
      <translation>Carpeta de los datos de entrenamiento</translation>
    </message>
    <message>
      <source>Folder of the versions</source>
      <translation>Carpeta de las versiones</translation>
    </message>
    <message>
      <source>Folder with the tiles</source>
      <translation>Carpeta con las teselas</translation>
    </message>
    <message>
      <source>Folds of the validation</source>
      <translation>Pliegues de la validación</translation>
    </message>
    <message>
      <source>Footprints</source>
      <translation>Huellas</translation>
    </message>
    <message>
      <source>For classes that have a parent in the legend.</source>
      <translation>Para clases que tienen una superior en la leyenda.</translation>
    </message>
    <message>
      <source>For down and up; 0 takes the rows of the smallest or the largest class.</source>
      <translation>Para down y up; 0 toma las filas de la clase más pequeña o más grande.</translation>
    </message>
    <message>
      <source>For maps whose classes are your own: the code of the class, instead of '{}'.</source>
      <translation>Para mapas con clases propias: el código de la clase, en lugar de «{}».</translation>
    </message>
    <message>
      <source>For programs that do not read Parquet.</source>
      <translation>Para programas que no leen Parquet.</translation>
    </message>
    <message>
      <source>For strata 'raster', on the same grid as the map; 0 is not sampled.</source>
      <translation>Para los estratos «raster», en la misma cuadrícula que el mapa; 0 no se muestrea.</translation>
    </message>
    <message>
      <source>For the card of the model, e.g. CC BY 4.0.</source>
      <translation>Para la ficha del modelo, p. ej. CC BY 4.0.</translation>
    </message>
    <message>
      <source>For the guard slope. If empty, the Copernicus DEM GLO-30 of the catalogue is used, where it has one.</source>
      <translation>Para el resguardo slope. Si está vacío, se usa el Copernicus DEM GLO-30 del catálogo, si este lo tiene.</translation>
    </message>
    <message>
      <source>Formats</source>
      <translation>Formatos</translation>
    </message>
    <message>
      <source>Free some disk space, then install again.</source>
      <translation>Libere espacio en disco e instale de nuevo.</translation>
    </message>
    <message>
      <source>From the elevation raster below, or the Copernicus DEM of the catalogue.</source>
      <translation>Del ráster de elevación de abajo, o del DEM de Copernicus del catálogo.</translation>
    </message>
    <message>
      <source>From the labels so far, plans the points that are still needed to know the overall accuracy, or the area of a class, as exactly as wished, and in which strata they are needed (Neyman). New points are drawn at random in the strata of the sample, from pixels that are not points yet, so that all points can be estimated together. The quality raster beside the map tells where errors are likely. Writes a new sample with all points and labels; where nothing is needed, none.</source>
      <translation>A partir de las etiquetas existentes, planifica los puntos que aún se necesitan para conocer la exactitud global, o la superficie de una clase, con la precisión deseada, y en qué estratos se necesitan (Neyman). Los puntos nuevos se extraen al azar en los estratos de la muestra, entre los píxeles que aún no son puntos, de modo que todos los puntos pueden estimarse juntos. El ráster de calidad junto al mapa indica dónde son probables los errores. Escribe una muestra nueva con todos los puntos y etiquetas; si no se necesita nada, ninguna.</translation>
    </message>
    <message>
      <source>GPU (Apple)</source>
      <translation>GPU (Apple)</translation>
    </message>
    <message>
      <source>GPU (CUDA)</source>
      <translation>GPU (CUDA)</translation>
    </message>
    <message>
      <source>Gain, loss and net change by class (CSV)</source>
      <translation>Ganancia, pérdida y cambio neto por clase (CSV)</translation>
    </message>
    <message>
      <source>Gain, loss and net change by class (JSON)</source>
      <translation>Ganancia, pérdida y cambio neto por clase (JSON)</translation>
    </message>
    <message>
      <source>GeoPackage (*.gpkg)</source>
      <translation>GeoPackage (*.gpkg)</translation>
    </message>
    <message>
      <source>GeoPackage that 'Accuracy sample' or 'Import reference data' wrote, with its labels.</source>
      <translation>GeoPackage escrito por la herramienta de muestreo o la de importación de datos de referencia, con sus etiquetas.</translation>
    </message>
    <message>
      <source>GeoTIFF of the map: codes 1 to 10, 0 = no data.</source>
      <translation>GeoTIFF del mapa: códigos 1 a 10, 0 = sin datos.</translation>
    </message>
    <message>
      <source>GeoTIFF of the quality layers: confidence, scenes, agreement, second class.</source>
      <translation>GeoTIFF de las capas de calidad: confianza, escenas, acuerdo, segunda clase.</translation>
    </message>
    <message>
      <source>Give a code and a weight in each row.</source>
      <translation>Ponga un código y un peso en cada fila.</translation>
    </message>
    <message>
      <source>Give one name for each map, such as 2018;2020, which sort in the order of time.</source>
      <translation>Dé un nombre a cada mapa, como 2018;2020, que sigan el orden del tiempo.</translation>
    </message>
    <message>
      <source>Gives every month the same weight, regardless of its number of scenes.</source>
      <translation>Da a todos los meses el mismo peso, sin importar su número de escenas.</translation>
    </message>
    <message>
      <source>Gives the error matrix in points and in shares of the area; user's, producer's and overall accuracy, and the area of each class in hectares, with standard errors and 95 % intervals (Olofsson et al. 2014, Stehman 2014), for the whole map and for each zone of the sample. Strata need not be the classes of the map; a simple or systematic sample is post-stratified. Points without a label are left out and counted. A sample that was drawn from another map is refused. Writes tables, a picture of the matrix, and a report with sentences that can be printed. With a layer of zones, such as districts, a table of its own has the estimated area of each class in each zone with its interval, the method, and whether it may be published; zones with few points learn from the others.</source>
      <translation>Da la matriz de error en puntos y en proporciones de la superficie; la exactitud del usuario, del productor y global, y la superficie de cada clase en hectáreas, con errores estándar e intervalos del 95 % (Olofsson et al. 2014, Stehman 2014), para todo el mapa y para cada zona de la muestra. Los estratos no tienen que ser las clases del mapa; una muestra simple o sistemática se posestratifica. Los puntos sin etiqueta quedan excluidos y se cuentan. Una muestra extraída de otro mapa se rechaza. Escribe tablas, una figura de la matriz y un informe con frases que pueden imprimirse. Con una capa de zonas, como distritos, una tabla propia contiene la superficie estimada de cada clase en cada zona con su intervalo, el método y si puede publicarse; las zonas con pocos puntos se apoyan en las demás.</translation>
    </message>
    <message>
      <source>Gradient boosting</source>
      <translation>Potenciación del gradiente</translation>
    </message>
    <message>
      <source>Grid alignment</source>
      <translation>Alineación de cuadrículas</translation>
    </message>
    <message>
      <source>Grid of the first map</source>
      <translation>La cuadrícula del primer mapa</translation>
    </message>
    <message>
      <source>Group of packages</source>
      <translation>Grupo de paquetes</translation>
    </message>
    <message>
      <source>Groups of packages</source>
      <translation>Grupos de paquetes</translation>
    </message>
    <message>
      <source>Guards against wrong votes</source>
      <translation>Resguardos contra votos erróneos</translation>
    </message>
    <message>
      <source>Half width expected (%)</source>
      <translation>Margen esperado (%)</translation>
    </message>
    <message>
      <source>Half width now (%)</source>
      <translation>Margen actual (%)</translation>
    </message>
    <message>
      <source>Half width of the 95 % interval (%)</source>
      <translation>Margen del intervalo del 95 % (%)</translation>
    </message>
    <message>
      <source>How to handle maps on different grids: refuse them, resample to the first map's grid, or to the finest grid. Resampling takes the nearest pixel, or the most frequent class where a map's pixels are much finer; the report says which. Shifts of half a pixel look like change along class borders.</source>
      <translation>Qué hacer con mapas de cuadrículas distintas: rechazarlos, remuestrear a la cuadrícula del primer mapa o a la más fina. El remuestreo toma el píxel más cercano, o la clase más frecuente donde los píxeles de un mapa son mucho más finos; el informe indica cuál. Los desplazamientos de medio píxel parecen cambios en los bordes de las clases.</translation>
    </message>
    <message>
      <source>ID of the Sentinel-2 L2A collection. If empty, the catalogue's default is used.</source>
      <translation>ID de la colección Sentinel-2 L2A. Si está vacío, se usa la del catálogo.</translation>
    </message>
    <message>
      <source>If 0, as many points are drawn as the wished standard error needs (Olofsson et al. 2014).</source>
      <translation>Con 0 se toman tantos puntos como requiere el error estándar deseado (Olofsson et al. 2014).</translation>
    </message>
    <message>
      <source>If empty, QGIS's or the system's Python is used, or one is downloaded.</source>
      <translation>Si está vacío, se usa el Python de QGIS o del sistema, o se descarga uno.</translation>
    </message>
    <message>
      <source>If empty, a field with a usual name is taken, such as class, label, name or cobertura.</source>
      <translation>Si está vacío, se toma un campo con un nombre usual, como label, name o cobertura.</translation>
    </message>
    <message>
      <source>If empty, a field with a usual name is taken, such as class, landcover, LC1 or cobertura.</source>
      <translation>Si está vacío, se toma un campo con un nombre usual, como clase, landcover, LC1 o cobertura.</translation>
    </message>
    <message>
      <source>If empty, a field with a usual name is used if present, such as name or distrito.</source>
      <translation>Si está vacío, se usa un campo de nombre usual, si existe, como name o distrito.</translation>
    </message>
    <message>
      <source>If empty, a field with a usual name, such as name or distrito, is used if there is one, otherwise the number of the zone.</source>
      <translation>Si está vacío, se usa un campo con un nombre usual, como name o distrito, si lo hay; si no, el número de la zona.</translation>
    </message>
    <message>
      <source>If empty, the Copernicus DEM GLO-30 of the catalogue is used.</source>
      <translation>Si está vacío, se usa el DEM de Copernicus GLO-30 del catálogo.</translation>
    </message>
    <message>
      <source>If empty, the first one with points or polygons.</source>
      <translation>Si está vacío, la primera con puntos o polígonos.</translation>
    </message>
    <message>
      <source>If empty, the name of the file.</source>
      <translation>Si está vacío, el nombre del archivo.</translation>
    </message>
    <message>
      <source>If not, the run is refused where another job's map lies in the folder.</source>
      <translation>Si no, la ejecución se rechaza cuando en la carpeta hay un mapa de otro trabajo.</translation>
    </message>
    <message>
      <source>Images</source>
      <translation>Imágenes</translation>
    </message>
    <message>
      <source>Import reference data</source>
      <translation>Importar datos de referencia</translation>
    </message>
    <message>
      <source>Independent test data</source>
      <translation>Datos de prueba independientes</translation>
    </message>
    <message>
      <source>Install NVIDIA's driver and restart; until then maps are computed on the processor, as before.</source>
      <translation>Instale el controlador de NVIDIA y reinicie; hasta entonces los mapas se calculan en el procesador, como antes.</translation>
    </message>
    <message>
      <source>Install Python 3.12 and install the engine again.</source>
      <translation>Instale Python 3.12 y vuelva a instalar el motor.</translation>
    </message>
    <message>
      <source>Install Python 3.12, or set the path of a Python that has the engine in Allpa's options.</source>
      <translation>Instale Python 3.12, o indique en las opciones de Allpa la ruta de un Python que tenga el motor.</translation>
    </message>
    <message>
      <source>Install again; if it fails again, the package index or the proxy changes the files.</source>
      <translation>Instale de nuevo; si vuelve a fallar, el índice de paquetes o el proxy altera los archivos.</translation>
    </message>
    <message>
      <source>Install engine</source>
      <translation>Instalar el motor</translation>
    </message>
    <message>
      <source>Install the 'Microsoft Visual C++ Redistributable' (x64), restart the computer, then try again.</source>
      <translation>Instale «Microsoft Visual C++ Redistributable» (x64), reinicie el equipo y vuelva a intentarlo.</translation>
    </message>
    <message>
      <source>Install the library that is named, with the system's own package manager, then try again.</source>
      <translation>Instale la biblioteca que se nombra, con el gestor de paquetes del sistema, y vuelva a intentarlo.</translation>
    </message>
    <message>
      <source>Install the parts for own classes</source>
      <translation>Instalar los componentes para clases propias</translation>
    </message>
    <message>
      <source>Install these packages there: {}. Or empty the path in Allpa's options.</source>
      <translation>Instale allí estos paquetes: {}. O vacíe la ruta en las opciones de Allpa.</translation>
    </message>
    <message>
      <source>Installs Allpa's engine (PyTorch and others) into a folder of its own for this user, or repairs it; QGIS is not changed.</source>
      <translation>Instala el motor de Allpa (PyTorch y otros) en una carpeta propia para este usuario, o lo repara; QGIS no se modifica.</translation>
    </message>
    <message>
      <source>Installs the packages that own classes need (scikit-learn, SHAP, ONNX and others) beside the engine, or repairs them.</source>
      <translation>Instala junto al motor los paquetes que necesitan las clases propias (scikit-learn, SHAP, ONNX y otros), o los repara.</translation>
    </message>
    <message>
      <source>Integrated gradients share the rise of each class's score among the bands, from the mean spectrum of the network's training to the labelled pixels; the shares add up to the rise. Occlusion gives each band its mean and counts the pixels that lose their class. The report has a picture and a table; explanation.csv has all figures. Models of single pixels are explained by SHAP values in the report of 'Train a forest'.</source>
      <translation>Los gradientes integrados reparten entre las bandas el aumento de la puntuación de cada clase, desde el espectro medio del entrenamiento de la red hasta los píxeles etiquetados; las partes suman el aumento. La oclusión da a cada banda su media y cuenta los píxeles que pierden su clase. El informe tiene una figura y una tabla; explanation.csv tiene todas las cifras. Los modelos de píxeles sueltos se explican con valores SHAP en el informe de «Entrenar un bosque».</translation>
    </message>
    <message>
      <source>Interpreter</source>
      <translation>Intérprete</translation>
    </message>
    <message>
      <source>Interpreters</source>
      <translation>Intérpretes</translation>
    </message>
    <message>
      <source>It comes from the {}.</source>
      <translation>Procede de: {}.</translation>
    </message>
    <message>
      <source>It crashed with code {}.</source>
      <translation>Falló con el código {}.</translation>
    </message>
    <message>
      <source>It differs in: {differences}. To keep it, cancel and choose another folder.</source>
      <translation>Difiere en: {differences}. Para conservarlo, cancele y elija otra carpeta.</translation>
    </message>
    <message>
      <source>It differs in: {}.</source>
      <translation>Difiere en: {}.</translation>
    </message>
    <message>
      <source>It has no area.</source>
      <translation>No tiene superficie.</translation>
    </message>
    <message>
      <source>It has no table {}.</source>
      <translation>No tiene la tabla {}.</translation>
    </message>
    <message>
      <source>It has {}.</source>
      <translation>Tiene {}.</translation>
    </message>
    <message>
      <source>It holds no classes.</source>
      <translation>No contiene clases.</translation>
    </message>
    <message>
      <source>It is another kind of file.</source>
      <translation>Es otro tipo de archivo.</translation>
    </message>
    <message>
      <source>It is rounded up to what the network can read.</source>
      <translation>Se redondea hacia arriba a lo que la red puede leer.</translation>
    </message>
    <message>
      <source>It is too large.</source>
      <translation>Es demasiado grande.</translation>
    </message>
    <message>
      <source>It is {}.</source>
      <translation>Es {}.</translation>
    </message>
    <message>
      <source>It must be a number from {} to {}.</source>
      <translation>Debe ser un número de {} a {}.</translation>
    </message>
    <message>
      <source>It must be a whole number from {} to {}.</source>
      <translation>Debe ser un número entero de {} a {}.</translation>
    </message>
    <message>
      <source>It must be one of: {}.</source>
      <translation>Debe ser uno de estos: {}.</translation>
    </message>
    <message>
      <source>It must be true or false.</source>
      <translation>Debe ser verdadero o falso.</translation>
    </message>
    <message>
      <source>It runs from {} to {}.</source>
      <translation>Va de {} a {}.</translation>
    </message>
    <message>
      <source>It starts on {}.</source>
      <translation>Empieza el {}.</translation>
    </message>
    <message>
      <source>It was terminated by {}.</source>
      <translation>Lo terminó {}.</translation>
    </message>
    <message>
      <source>Its bounds are {}.</source>
      <translation>Sus límites son {}.</translation>
    </message>
    <message>
      <source>Its exit code was {}.</source>
      <translation>Su código de salida fue {}.</translation>
    </message>
    <message>
      <source>Its master password was not given.</source>
      <translation>No se dio su contraseña maestra.</translation>
    </message>
    <message>
      <source>Its method is {}.</source>
      <translation>Su método es {}.</translation>
    </message>
    <message>
      <source>Its table {} has no field {}.</source>
      <translation>Su tabla {} no tiene el campo {}.</translation>
    </message>
    <message>
      <source>Its user name or its password is empty, or it cannot be decrypted.</source>
      <translation>Su usuario o su contraseña está vacío, o no se puede descifrar.</translation>
    </message>
    <message>
      <source>JSON file of a legend. If empty, the classes are those of the model.</source>
      <translation>Archivo JSON de una leyenda. Si está vacío, las clases son las del modelo.</translation>
    </message>
    <message>
      <source>JSON file of another model. If empty, the bundled one is used.</source>
      <translation>Archivo JSON de otro modelo. Si se deja vacío, se usa el incluido.</translation>
    </message>
    <message>
      <source>JSON file of the scene list.</source>
      <translation>Archivo JSON de la lista de escenas.</translation>
    </message>
    <message>
      <source>JSON file with class weights and minimum shares. Overrides the class weights above.</source>
      <translation>Archivo JSON con pesos de clase y proporciones mínimas. Reemplaza a los pesos de clase de arriba.</translation>
    </message>
    <message>
      <source>January</source>
      <translation>enero</translation>
    </message>
    <message>
      <source>Jeffries-Matusita distance, 0 (the same) to 2 (apart).</source>
      <translation>Distancia de Jeffries-Matusita, de 0 (iguales) a 2 (separadas).</translation>
    </message>
    <message>
      <source>Join tiles</source>
      <translation>Unir teselas</translation>
    </message>
    <message>
      <source>Joined tiles</source>
      <translation>Teselas unidas</translation>
    </message>
    <message>
      <source>Joint table of a batch</source>
      <translation>Tabla conjunta de un lote</translation>
    </message>
    <message>
      <source>July</source>
      <translation>julio</translation>
    </message>
    <message>
      <source>June</source>
      <translation>junio</translation>
    </message>
    <message>
      <source>Keep the engine that computes on the processor, or use Linux on x86-64.</source>
      <translation>Conserve el motor que calcula en el procesador, o use Linux en x86-64.</translation>
    </message>
    <message>
      <source>Keys 1 to 9 and 0; Delete removes the class.</source>
      <translation>Teclas 1 a 9 y 0; Supr quita la clase.</translation>
    </message>
    <message>
      <source>Kind of map</source>
      <translation>Tipo de mapa</translation>
    </message>
    <message>
      <source>Kind of model</source>
      <translation>Tipo de modelo</translation>
    </message>
    <message>
      <source>Labelled points</source>
      <translation>Puntos etiquetados</translation>
    </message>
    <message>
      <source>Labelled sample</source>
      <translation>Muestra etiquetada</translation>
    </message>
    <message>
      <source>Labelled share of a chip at least</source>
      <translation>Proporción etiquetada mínima de un recorte</translation>
    </message>
    <message>
      <source>Labels</source>
      <translation>Etiquetas</translation>
    </message>
    <message>
      <source>Labels ({})</source>
      <translation>Etiquetas ({})</translation>
    </message>
    <message>
      <source>Labels left out</source>
      <translation>Etiquetas excluidas</translation>
    </message>
    <message>
      <source>Labels of one group, such as a farm, are never in two folds; if empty, blocks of land are taken.</source>
      <translation>Las etiquetas de un mismo grupo, como una finca, nunca quedan en dos pliegues; si está vacío, se toman bloques de terreno.</translation>
    </message>
    <message>
      <source>Labels of the file are lost.</source>
      <translation>Las etiquetas del archivo se pierden.</translation>
    </message>
    <message>
      <source>Labels of {}</source>
      <translation>Etiquetas de {}</translation>
    </message>
    <message>
      <source>Labels that a forest and the most similar labels of other blocks contradict.</source>
      <translation>Etiquetas contradichas por un bosque aleatorio y por las etiquetas más parecidas de otros bloques.</translation>
    </message>
    <message>
      <source>Labels: file (layer or file)</source>
      <translation>Etiquetas: archivo (capa o archivo)</translation>
    </message>
    <message>
      <source>Labels: points or polygons (layer or file)</source>
      <translation>Etiquetas: puntos o polígonos (capa o archivo)</translation>
    </message>
    <message>
      <source>Land cover</source>
      <translation>Cobertura de la tierra</translation>
    </message>
    <message>
      <source>Land cover by the vote alone</source>
      <translation>Cobertura de la tierra por la sola votación</translation>
    </message>
    <message>
      <source>Land cover from Sentinel-2 scenes in {} classes: {}.</source>
      <translation>Cobertura de la tierra a partir de escenas Sentinel-2 en {} clases: {}.</translation>
    </message>
    <message>
      <source>Land cover of ten classes in one Sentinel-2 scene, including clouds and shadows.</source>
      <translation>Cobertura de la tierra en diez clases de una escena Sentinel-2, con nubes y sombras.</translation>
    </message>
    <message>
      <source>Land-cover change</source>
      <translation>Cambio de la cobertura de la tierra</translation>
    </message>
    <message>
      <source>Land-cover class (Allpa)</source>
      <translation>Clase de cobertura (Allpa)</translation>
    </message>
    <message>
      <source>Land-cover map</source>
      <translation>Mapa de cobertura de la tierra</translation>
    </message>
    <message>
      <source>Land-cover maps</source>
      <translation>Mapas de cobertura de la tierra</translation>
    </message>
    <message>
      <source>Land-cover map…</source>
      <translation>Mapa de cobertura de la tierra…</translation>
    </message>
    <message>
      <source>Language of QGIS</source>
      <translation>Idioma de QGIS</translation>
    </message>
    <message>
      <source>Language of tables and reports</source>
      <translation>Idioma de tablas e informes</translation>
    </message>
    <message>
      <source>Largest number of steps</source>
      <translation>Número máximo de pasos</translation>
    </message>
    <message>
      <source>Last date</source>
      <translation>Última fecha</translation>
    </message>
    <message>
      <source>Last day of the period, inclusive.</source>
      <translation>Último día del período, inclusive.</translation>
    </message>
    <message>
      <source>Last output: {}</source>
      <translation>Última salida: {}</translation>
    </message>
    <message>
      <source>Layer definition</source>
      <translation>Definición de capas</translation>
    </message>
    <message>
      <source>Layer of a GeoPackage</source>
      <translation>Capa de un GeoPackage</translation>
    </message>
    <message>
      <source>Layer of the candidates' footprints, with date, cloud cover and reason.</source>
      <translation>Capa de las huellas de las candidatas, con fecha, nubosidad y motivo.</translation>
    </message>
    <message>
      <source>Learning rate</source>
      <translation>Tasa de aprendizaje</translation>
    </message>
    <message>
      <source>Leave out</source>
      <translation>Omitir</translation>
    </message>
    <message>
      <source>Left empty, the one beside the map is taken, if there is one.</source>
      <translation>Si se deja vacío, se toma el que está junto al mapa, si lo hay.</translation>
    </message>
    <message>
      <source>Left-out corrections that the present model has right (%)</source>
      <translation>Correcciones dejadas fuera en las que el modelo actual acierta (%)</translation>
    </message>
    <message>
      <source>Left-out corrections that the refitted model has right (%)</source>
      <translation>Correcciones dejadas fuera en las que el modelo reajustado acierta (%)</translation>
    </message>
    <message>
      <source>Legend</source>
      <translation>Leyenda</translation>
    </message>
    <message>
      <source>Legend (*.json *.qml *.csv *.txt)</source>
      <translation>Leyenda (*.json *.qml *.csv *.txt)</translation>
    </message>
    <message>
      <source>Legend with further classes</source>
      <translation>Leyenda con más clases</translation>
    </message>
    <message>
      <source>Library that computes the network. auto takes OpenVINO where it is installed, faster on this processor and gives the same map; otherwise PyTorch.</source>
      <translation>Biblioteca que calcula la red. auto toma OpenVINO si está instalado, es más rápido en este procesador y da el mismo mapa; si no, PyTorch.</translation>
    </message>
    <message>
      <source>Licence of the model</source>
      <translation>Licencia del modelo</translation>
    </message>
    <message>
      <source>Lists pixels, hectares and percent of all ten classes, with a total. Areas are given by pixel count and on the ellipsoid. With a region, pixels whose centre lies in it are counted. With zones, each polygon gets a row in a wide table, a row for each class in a long one, and its areas as attributes of a layer.</source>
      <translation>Da píxeles, hectáreas y porcentaje de las diez clases, con un total. Las superficies se dan por número de píxeles y sobre el elipsoide. Con una región se cuentan los píxeles cuyo centro cae en ella. Con zonas, cada polígono recibe una fila en una tabla ancha, una fila por clase en una larga, y sus superficies como atributos de una capa.</translation>
    </message>
    <message>
      <source>Load classified scenes</source>
      <translation>Cargar escenas clasificadas</translation>
    </message>
    <message>
      <source>Loads the classified scenes of a run as a layer group for the temporal controller.</source>
      <translation>Carga las escenas clasificadas de una ejecución como grupo de capas para el controlador temporal.</translation>
    </message>
    <message>
      <source>Look at the log for details and install again; nothing half-installed is left.</source>
      <translation>Mire los detalles en el registro e instale de nuevo; nada queda instalado a medias.</translation>
    </message>
    <message>
      <source>Make training data with a size of chips above 0, and choose their folder.</source>
      <translation>Prepare datos de entrenamiento con un tamaño de recorte mayor que 0 y elija su carpeta.</translation>
    </message>
    <message>
      <source>Makes a map of your own classes from seasonal composites and a trained model.</source>
      <translation>Hace un mapa de sus propias clases a partir de compuestos estacionales y un modelo entrenado.</translation>
    </message>
    <message>
      <source>Makes a sample of a map from points, polygons or a raster that were labelled elsewhere.</source>
      <translation>Hace una muestra de un mapa con puntos, polígonos o un ráster etiquetados en otra parte.</translation>
    </message>
    <message>
      <source>Makes cloud-free composites of the seasons of a period: features for classes of your own.</source>
      <translation>Hace compuestos sin nubes de las estaciones de un período: variables para clases propias.</translation>
    </message>
    <message>
      <source>Makes one map of tiles that several computers have mapped.</source>
      <translation>Hace un solo mapa de las teselas que cartografiaron varios equipos.</translation>
    </message>
    <message>
      <source>Makes the map of a finished run again from the same scenes, with another model.</source>
      <translation>Hace de nuevo el mapa de una corrida terminada con las mismas escenas y otro modelo.</translation>
    </message>
    <message>
      <source>Makes training data of own classes: labelled points or polygons with what images show there.</source>
      <translation>Genera datos de entrenamiento de clases propias: puntos o polígonos etiquetados con lo que las imágenes muestran ahí.</translation>
    </message>
    <message>
      <source>Making the engine's environment</source>
      <translation>Creando el entorno del motor</translation>
    </message>
    <message>
      <source>Map</source>
      <translation>Mapa</translation>
    </message>
    <message>
      <source>Map again with another model</source>
      <translation>Hacer de nuevo el mapa con otro modelo</translation>
    </message>
    <message>
      <source>Map image</source>
      <translation>Imagen del mapa</translation>
    </message>
    <message>
      <source>Map, quality raster, area table and report are written here.</source>
      <translation>Aquí se escriben el mapa, el ráster de calidad, la tabla de superficies y el informe.</translation>
    </message>
    <message>
      <source>Map, quality raster, tables and picture are written here.</source>
      <translation>Aquí se escriben el mapa, el ráster de calidad, las tablas y la imagen.</translation>
    </message>
    <message>
      <source>Mapped area (% of region)</source>
      <translation>Superficie cartografiada (% de la región)</translation>
    </message>
    <message>
      <source>Maps a region in two years and compares both maps: raster, tables and report of the change.</source>
      <translation>Mapea una región en dos años y compara ambos mapas: ráster, tablas e informe del cambio.</translation>
    </message>
    <message>
      <source>Maps the districts of a layer in one run, with a map for each, and gives their areas as layer and tables.</source>
      <translation>Mapea los distritos de una capa en una sola ejecución, con un mapa de cada uno, y da sus superficies como capa y tablas.</translation>
    </message>
    <message>
      <source>Maps the land cover of a region in a year, in ten classes, from Sentinel-2 scenes.</source>
      <translation>Cartografía la cobertura de la tierra de una región en un año, en diez clases, con escenas Sentinel-2.</translation>
    </message>
    <message>
      <source>March</source>
      <translation>marzo</translation>
    </message>
    <message>
      <source>Maximum cache size (GB, 0 = unlimited)</source>
      <translation>Tamaño máximo de la caché (GB, 0 = sin límite)</translation>
    </message>
    <message>
      <source>Maximum cloud cover (%)</source>
      <translation>Nubosidad máxima (%)</translation>
    </message>
    <message>
      <source>Maximum scenes per tile</source>
      <translation>Máximo de escenas por tesela</translation>
    </message>
    <message>
      <source>May</source>
      <translation>mayo</translation>
    </message>
    <message>
      <source>Mean</source>
      <translation>Media</translation>
    </message>
    <message>
      <source>Measure the importance of features</source>
      <translation>Medir la importancia de las variables</translation>
    </message>
    <message>
      <source>Median</source>
      <translation>Mediana</translation>
    </message>
    <message>
      <source>Medoid</source>
      <translation>Medoide</translation>
    </message>
    <message>
      <source>Memory (MB)</source>
      <translation>Memoria (MB)</translation>
    </message>
    <message>
      <source>Metadata (STAC item)</source>
      <translation>Metadatos (ítem STAC)</translation>
    </message>
    <message>
      <source>Method for zones</source>
      <translation>Método para las zonas</translation>
    </message>
    <message>
      <source>Microsoft's Visual C++ runtime is missing on this computer, or is too old for the engine.</source>
      <translation>Falta en este equipo el entorno de ejecución Visual C++ de Microsoft, o es demasiado antiguo para el motor.</translation>
    </message>
    <message>
      <source>Minimum distance between points (m)</source>
      <translation>Distancia mínima entre puntos (m)</translation>
    </message>
    <message>
      <source>Minimum patch size (pixels)</source>
      <translation>Tamaño mínimo de parche (píxeles)</translation>
    </message>
    <message>
      <source>Minimum points per stratum</source>
      <translation>Mínimo de puntos por estrato</translation>
    </message>
    <message>
      <source>Minutes on this computer</source>
      <translation>Minutos en este equipo</translation>
    </message>
    <message>
      <source>Missing pixels (%)</source>
      <translation>Píxeles faltantes (%)</translation>
    </message>
    <message>
      <source>Missing pixels by tile</source>
      <translation>Píxeles faltantes por tesela</translation>
    </message>
    <message>
      <source>Missing pixels by tile (CSV)</source>
      <translation>Píxeles faltantes por tesela (CSV)</translation>
    </message>
    <message>
      <source>Model</source>
      <translation>Modelo</translation>
    </message>
    <message>
      <source>Model folder</source>
      <translation>Carpeta del modelo</translation>
    </message>
    <message>
      <source>Model hash</source>
      <translation>Hash del modelo</translation>
    </message>
    <message>
      <source>Model of the annual decision</source>
      <translation>Modelo de la decisión anual</translation>
    </message>
    <message>
      <source>Model to start from</source>
      <translation>Modelo de partida</translation>
    </message>
    <message>
      <source>Models (model.json *.safetensors);;All files (*)</source>
      <translation>Modelos (model.json *.safetensors);;Todos los archivos (*)</translation>
    </message>
    <message>
      <source>Month</source>
      <translation>Mes</translation>
    </message>
    <message>
      <source>Months (all if none selected)</source>
      <translation>Meses (todos si no se elige ninguno)</translation>
    </message>
    <message>
      <source>More bands take longer to download. AOT and WVP are aerosol and water vapour.</source>
      <translation>Más bandas tardan más en descargarse. AOT y WVP son aerosoles y vapor de agua.</translation>
    </message>
    <message>
      <source>More need more memory and make the steps steadier.</source>
      <translation>Con más se necesita más memoria y los pasos son más estables.</translation>
    </message>
    <message>
      <source>More points for an accuracy sample</source>
      <translation>Más puntos para una muestra de exactitud</translation>
    </message>
    <message>
      <source>More scenes give a more stable map but take longer.</source>
      <translation>Más escenas dan un mapa más estable, pero tardan más.</translation>
    </message>
    <message>
      <source>More steps bring the sums closer to the rises.</source>
      <translation>Con más pasos, las sumas se acercan más a los aumentos.</translation>
    </message>
    <message>
      <source>Multilayer perceptron</source>
      <translation>Perceptrón multicapa</translation>
    </message>
    <message>
      <source>NVIDIA GPU (CUDA)</source>
      <translation>GPU de NVIDIA (CUDA)</translation>
    </message>
    <message>
      <source>Name = months, one season per line or divided by ';'. In the southern hemisphere for example otoño=3,4; invierno=6,7; primavera=10,11, in the tropics lluvias=12,1,2,3; seca=6,7,8.</source>
      <translation>Nombre = meses, una estación por línea o separadas por «;». En el hemisferio sur, por ejemplo, otoño=3,4; invierno=6,7; primavera=10,11; en los trópicos, lluvias=12,1,2,3; seca=6,7,8.</translation>
    </message>
    <message>
      <source>Name a file with the master password in the variable QGIS_AUTH_PASSWORD_FILE, or set the keys themselves as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.</source>
      <translation>Indique un archivo con la contraseña maestra en la variable QGIS_AUTH_PASSWORD_FILE, o las claves mismas como AWS_ACCESS_KEY_ID y AWS_SECRET_ACCESS_KEY.</translation>
    </message>
    <message>
      <source>Name of the labels</source>
      <translation>Nombre de las etiquetas</translation>
    </message>
    <message>
      <source>Names divided by commas; if empty, all that the images have.</source>
      <translation>Nombres separados por comas; si está vacío, todas las que tienen las imágenes.</translation>
    </message>
    <message>
      <source>Names with commas between, such as NDVI, MNDWI: for each season that has the bands.</source>
      <translation>Nombres separados por comas, como NDVI, MNDWI: para cada estación que tenga las bandas.</translation>
    </message>
    <message>
      <source>Names with spaces between, such as B02 B03 B04 B08. Empty takes all of the chips.</source>
      <translation>Nombres separados por espacios, como B02 B03 B04 B08. Vacío toma todas las de los recortes.</translation>
    </message>
    <message>
      <source>Names, codes and colours of the classes: legend.json, a style (QML), or a table with the columns code, name and color. If empty, one is proposed by the values.</source>
      <translation>Nombres, códigos y colores de las clases: legend.json, un estilo (QML), o una tabla con las columnas código, nombre y color. Si se deja vacío, se propone una leyenda según los valores.</translation>
    </message>
    <message>
      <source>Names, e.g. Ana; Luis. Each labels all points without seeing the others. If empty: 1.</source>
      <translation>Nombres, p. ej. Ana; Luis. Cada uno etiqueta todos los puntos sin ver a los demás. Si está vacío: 1.</translation>
    </message>
    <message>
      <source>Needs the network, once; the log says first how much is downloaded and how much disk space it takes. Packages are pinned and checked by their hashes. An engine that works is only verified, one that does not is replaced. After a cancel, what was downloaded is kept for the next time. Without a network, name the packages that 'Collect packages for another computer' has made. The PyTorch build cuda replaces the engine only where it computes on an NVIDIA GPU; the build cpu goes back.</source>
      <translation>Necesita la red, una vez; el registro dice primero cuánto se descarga y cuánto espacio ocupa en disco. Los paquetes tienen versión fija y se comprueban por su hash. Un motor que funciona solo se verifica; uno que no, se reemplaza. Si se cancela, lo descargado se conserva para la próxima vez. Sin red, indique los paquetes que ha hecho «Reunir los paquetes para otro equipo». La compilación cuda de PyTorch reemplaza al motor solo donde calcula en una GPU de NVIDIA; con cpu se vuelve atrás.</translation>
    </message>
    <message>
      <source>Neither it nor a folder in it has a folder 'tiles' or a receipt {}.</source>
      <translation>Ni ella ni una carpeta dentro de ella tiene una carpeta 'tiles' o un recibo {}.</translation>
    </message>
    <message>
      <source>Network</source>
      <translation>Red neuronal</translation>
    </message>
    <message>
      <source>Network of Allpa</source>
      <translation>Red de Allpa</translation>
    </message>
    <message>
      <source>Networks (*.safetensors model.json);;All files (*)</source>
      <translation>Redes (*.safetensors model.json);;Todos los archivos (*)</translation>
    </message>
    <message>
      <source>New networks</source>
      <translation>Redes nuevas</translation>
    </message>
    <message>
      <source>New points</source>
      <translation>Puntos nuevos</translation>
    </message>
    <message>
      <source>Next algorithms</source>
      <translation>Algoritmos siguientes</translation>
    </message>
    <message>
      <source>No NVIDIA GPU was found on this computer, or its driver does not run.</source>
      <translation>No se encontró ninguna GPU de NVIDIA en este equipo, o su controlador no funciona.</translation>
    </message>
    <message>
      <source>No Python was found to install the engine with.</source>
      <translation>No se encontró ningún Python para instalar el motor.</translation>
    </message>
    <message>
      <source>No class</source>
      <translation>Ninguna clase</translation>
    </message>
    <message>
      <source>No corrections are set.</source>
      <translation>No se indicaron correcciones.</translation>
    </message>
    <message>
      <source>No feature is selected in the region layer.</source>
      <translation>No hay ningún objeto seleccionado en la capa de la región.</translation>
    </message>
    <message>
      <source>No folder of a run is set.</source>
      <translation>No se indicó la carpeta de una corrida.</translation>
    </message>
    <message>
      <source>No folder of predictions is set.</source>
      <translation>No se indicó ninguna carpeta de predicciones.</translation>
    </message>
    <message>
      <source>No format is chosen.</source>
      <translation>No se eligió ningún formato.</translation>
    </message>
    <message>
      <source>No labels are set.</source>
      <translation>No se indicaron etiquetas.</translation>
    </message>
    <message>
      <source>No map yet</source>
      <translation>Aún no hay mapa</translation>
    </message>
    <message>
      <source>No output for {} seconds.</source>
      <translation>Sin salida durante {} segundos.</translation>
    </message>
    <message>
      <source>No region yet</source>
      <translation>Aún no hay región</translation>
    </message>
    <message>
      <source>No sample is given.</source>
      <translation>No se ha indicado ninguna muestra.</translation>
    </message>
    <message>
      <source>No scene list is set.</source>
      <translation>No se indicó ninguna lista de escenas.</translation>
    </message>
    <message>
      <source>No suitable Python was found on this computer, and none could be downloaded.</source>
      <translation>No se encontró un Python adecuado en este equipo y no se pudo descargar ninguno.</translation>
    </message>
    <message>
      <source>None</source>
      <translation>Ninguna</translation>
    </message>
    <message>
      <source>None is set.</source>
      <translation>No se indicó ninguna.</translation>
    </message>
    <message>
      <source>Not chosen</source>
      <translation>No elegida</translation>
    </message>
    <message>
      <source>Notes (JSON)</source>
      <translation>Notas (JSON)</translation>
    </message>
    <message>
      <source>Nothing is downloaded or classified, so other months, other weights or a smaller region take seconds. Without a region the map covers the extent of the predictions.</source>
      <translation>No se descarga ni clasifica nada, así que otros meses, otros pesos o una región menor tardan segundos. Sin región, el mapa cubre la extensión de las predicciones.</translation>
    </message>
    <message>
      <source>Nothing is searched, and scenes that are on the disk are not downloaded again: they are classified by the model and combined by the settings of the run. Compare the maps with 'Land-cover change'.</source>
      <translation>No se busca nada, y las escenas que están en el disco no se descargan de nuevo: el modelo las clasifica y se combinan con los ajustes de la corrida. Compare los mapas con 'Cambio de cobertura'.</translation>
    </message>
    <message>
      <source>November</source>
      <translation>noviembre</translation>
    </message>
    <message>
      <source>Numbers from 0 to 100 with commas between, such as 10, 90.</source>
      <translation>Números de 0 a 100 separados por comas, como 10, 90.</translation>
    </message>
    <message>
      <source>Numbers that the model computes with. auto takes the fastest that gives the same map. int8 is about twice as fast as fp32 on processors with VNNI and gives 0.5 to 1 % of the pixels another class, those that fp32 is unsure of; it is for OpenVINO and the bundled model.</source>
      <translation>Números con los que calcula el modelo. auto toma los más rápidos que dan el mismo mapa. int8 es cerca del doble de rápido que fp32 en procesadores con VNNI y da otra clase a entre 0,5 y 1 % de los píxeles, aquellos en los que fp32 no está seguro; es para OpenVINO y el modelo incluido.</translation>
    </message>
    <message>
      <source>ONNX for Deepness</source>
      <translation>ONNX para Deepness</translation>
    </message>
    <message>
      <source>ONNX of reflectance</source>
      <translation>ONNX de reflectancia</translation>
    </message>
    <message>
      <source>October</source>
      <translation>octubre</translation>
    </message>
    <message>
      <source>Of a forest. 0 for the square root of all.</source>
      <translation>De un bosque. 0 para la raíz cuadrada de todas.</translation>
    </message>
    <message>
      <source>Of a forest. More make smaller files and smoother maps.</source>
      <translation>De un bosque. Con más, los archivos son más pequeños y los mapas más suaves.</translation>
    </message>
    <message>
      <source>Of a stratified sample: classes of the map, zones (such as districts), classes_zones (each class in each zone), or the codes of a raster.</source>
      <translation>De una muestra estratificada: classes (clases del mapa), zones (zonas, como distritos), classes_zones (cada clase en cada zona), o «raster» (los códigos de un ráster).</translation>
    </message>
    <message>
      <source>Of a table; if empty, a column with a usual name is taken.</source>
      <translation>De una tabla; si está vacío, se toma una columna con un nombre usual.</translation>
    </message>
    <message>
      <source>Of each tile, with cloud_limit.</source>
      <translation>De cada tesela, con cloud_limit.</translation>
    </message>
    <message>
      <source>Of forests and gradient boosting.</source>
      <translation>De bosques y de potenciación del gradiente.</translation>
    </message>
    <message>
      <source>Of gradient boosting.</source>
      <translation>De la potenciación del gradiente.</translation>
    </message>
    <message>
      <source>Of the allocation 'minimum'; 50 to 100 are usual for rare classes.</source>
      <translation>De la asignación «minimum»; de 50 a 100 es lo usual para clases raras.</translation>
    </message>
    <message>
      <source>Of the clear observations of each pixel: median, mean, standard deviation (std), medoid (the observation nearest to all others, all bands of one day).</source>
      <translation>De las observaciones despejadas de cada píxel: mediana (median), media (mean), desviación estándar (std), medoide (medoid, la observación más próxima a todas las demás, todas las bandas de un mismo día).</translation>
    </message>
    <message>
      <source>Of the perceptron.</source>
      <translation>Del perceptrón.</translation>
    </message>
    <message>
      <source>Often a company's proxy does this: set SSL_CERT_FILE to the company's certificates before QGIS is started, then install again.</source>
      <translation>A menudo se debe al proxy de una empresa: defina SSL_CERT_FILE con los certificados de la empresa antes de iniciar QGIS e instale de nuevo.</translation>
    </message>
    <message>
      <source>On Debian and Ubuntu install the package python3-venv; or choose another Python to build on.</source>
      <translation>En Debian y Ubuntu instale el paquete python3-venv, o elija otro Python como base.</translation>
    </message>
    <message>
      <source>One per map, in map order, e.g. 2018;2020. If empty, they are read from the file names.</source>
      <translation>Uno por mapa, en el orden de los mapas, p. ej. 2018;2020. Si está vacío, se leen de los nombres de archivo.</translation>
    </message>
    <message>
      <source>One per map, in map order: they show where a change is confident. If empty, quality_PERIOD.tif beside landcover_PERIOD.tif is used where it exists.</source>
      <translation>Uno por mapa, en el orden de los mapas: muestran dónde un cambio es confiable. Si está vacío, se usa quality_PERIODO.tif junto a landcover_PERIODO.tif, donde exista.</translation>
    </message>
    <message>
      <source>One picture per scene is written here; those that are there already are kept.</source>
      <translation>Aquí se escribe una imagen por escena; las que ya existen se conservan.</translation>
    </message>
    <message>
      <source>One raster per scene is written here.</source>
      <translation>Aquí se escribe un ráster por escena.</translation>
    </message>
    <message>
      <source>Only for Copernicus Data Space: an authentication configuration of the method Basic, with the access key as user name and its secret as password; in a command, its id. If empty, the one set in Allpa's options is used, otherwise the environment variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.</source>
      <translation>Solo para Copernicus Data Space: una configuración de autenticación del método Básica, con la clave de acceso como usuario y su secreto como contraseña; en un comando, su ID. Si está vacía, se usa la de las opciones de Allpa o, si no, las variables de entorno AWS_ACCESS_KEY_ID y AWS_SECRET_ACCESS_KEY.</translation>
    </message>
    <message>
      <source>Only plan the run</source>
      <translation>Solo planificar la ejecución</translation>
    </message>
    <message>
      <source>Only the labelled pixel of the largest class</source>
      <translation>Solo el píxel etiquetado de la clase más grande</translation>
    </message>
    <message>
      <source>Only the overviews of the files are read, so a picture takes a small part of a scene's download. All pictures have one brightness scale, so that clouds, haze and snow can be compared. They are georeferenced PNG files. Scenes of the Copernicus Data Space are shown by the pictures beside their files: with pixels of 60 m by your S3 keys (about 4 MB a scene), or with pixels of 320 m for large regions and without keys.</source>
      <translation>Solo se leen las pirámides de los archivos, así que una imagen requiere una pequeña parte de la descarga de la escena. Todas las imágenes tienen una misma escala de brillo, para poder comparar nubes, bruma y nieve. Son archivos PNG georreferenciados. Las escenas de Copernicus Data Space se muestran con las imágenes que acompañan a sus archivos: con píxeles de 60 m mediante sus claves S3 (unos 4 MB por escena), o con píxeles de 320 m para regiones grandes y sin claves.</translation>
    </message>
    <message>
      <source>Only then intervals hold. Points at roads, in parcels or chosen by hand are none.</source>
      <translation>Solo entonces valen los intervalos. Puntos junto a caminos, en parcelas o elegidos a mano no lo son.</translation>
    </message>
    <message>
      <source>Only {} is set.</source>
      <translation>Solo se indicó {}.</translation>
    </message>
    <message>
      <source>Open the temporal controller, set it to the full range and choose a step of a few days. Each layer is shown only on its acquisition date. Needs no engine, and writes no files unless a layer definition is requested.</source>
      <translation>Abra el controlador temporal, póngalo en el rango completo y elija un paso de pocos días. Cada capa se ve solo en su fecha de adquisición. No necesita el motor, y no escribe archivos si no se pide una definición de capas.</translation>
    </message>
    <message>
      <source>Optimal</source>
      <translation>Óptima</translation>
    </message>
    <message>
      <source>Optimal for</source>
      <translation>Óptima para</translation>
    </message>
    <message>
      <source>Optional: set one of the three region parameters. If all are empty, the whole input is used.</source>
      <translation>Opcional: indique uno de los tres parámetros de región. Si todos están vacíos, se usa toda la entrada.</translation>
    </message>
    <message>
      <source>Other training data, which the model does not learn from. It may be empty.</source>
      <translation>Otros datos de entrenamiento, de los que el modelo no aprende. Puede quedar vacío.</translation>
    </message>
    <message>
      <source>Output CRS</source>
      <translation>SRC de salida</translation>
    </message>
    <message>
      <source>Output folder</source>
      <translation>Carpeta de salida</translation>
    </message>
    <message>
      <source>Over the region where it is small, else over the whole tile.</source>
      <translation>Sobre la región si es pequeña; si no, sobre toda la tesela.</translation>
    </message>
    <message>
      <source>Overall accuracy</source>
      <translation>Exactitud global</translation>
    </message>
    <message>
      <source>Overall accuracy (%)</source>
      <translation>Exactitud global (%)</translation>
    </message>
    <message>
      <source>Overall accuracy on the test blocks (%)</source>
      <translation>Exactitud global en los bloques de prueba (%)</translation>
    </message>
    <message>
      <source>Overall accuracy on unseen blocks (%)</source>
      <translation>Exactitud global en bloques no vistos (%)</translation>
    </message>
    <message>
      <source>Overall accuracy on validation blocks (%)</source>
      <translation>Exactitud global en los bloques de validación (%)</translation>
    </message>
    <message>
      <source>Overall accuracy, 95 % from (%)</source>
      <translation>Exactitud global, 95 % desde (%)</translation>
    </message>
    <message>
      <source>Overall accuracy, 95 % to (%)</source>
      <translation>Exactitud global, 95 % hasta (%)</translation>
    </message>
    <message>
      <source>Own classes</source>
      <translation>Clases propias</translation>
    </message>
    <message>
      <source>Packages are files that end in .whl.</source>
      <translation>Los paquetes son archivos que terminan en .whl.</translation>
    </message>
    <message>
      <source>Packages of the engine</source>
      <translation>Paquetes del motor</translation>
    </message>
    <message>
      <source>Page, tables and pictures are written here.</source>
      <translation>Aquí se escriben la página, las tablas y las imágenes.</translation>
    </message>
    <message>
      <source>Pairs of image and labels, by which a network is taught.</source>
      <translation>Pares de imagen y etiquetas con los que se entrena una red.</translation>
    </message>
    <message>
      <source>Percentage points of the overall accuracy, or percent of the area.</source>
      <translation>Puntos porcentuales de la exactitud global, o porcentaje de la superficie.</translation>
    </message>
    <message>
      <source>Percentiles</source>
      <translation>Percentiles</translation>
    </message>
    <message>
      <source>Period</source>
      <translation>Período</translation>
    </message>
    <message>
      <source>Period names</source>
      <translation>Nombres de los períodos</translation>
    </message>
    <message>
      <source>Picture (PNG)</source>
      <translation>Figura (PNG)</translation>
    </message>
    <message>
      <source>Picture of the error matrix</source>
      <translation>Figura de la matriz de error</translation>
    </message>
    <message>
      <source>Pictures by scene (JSON)</source>
      <translation>Imágenes por escena (JSON)</translation>
    </message>
    <message>
      <source>Pixels from chip to chip</source>
      <translation>Píxeles de recorte a recorte</translation>
    </message>
    <message>
      <source>Pixels of one polygon at most</source>
      <translation>Píxeles de un polígono como máximo</translation>
    </message>
    <message>
      <source>Pixels of polygons</source>
      <translation>Píxeles de los polígonos</translation>
    </message>
    <message>
      <source>Pixels within</source>
      <translation>Píxeles interiores</translation>
    </message>
    <message>
      <source>Places with the class that they have. Some that are right now keep their class.</source>
      <translation>Lugares con la clase que tienen. Incluya algunos que ya son correctos, para que conserven su clase.</translation>
    </message>
    <message>
      <source>Plan (JSON)</source>
      <translation>Plan (JSON)</translation>
    </message>
    <message>
      <source>Platform of the other computer</source>
      <translation>Plataforma del otro equipo</translation>
    </message>
    <message>
      <source>Point {} has no position.</source>
      <translation>El punto {} no tiene posición.</translation>
    </message>
    <message>
      <source>Points</source>
      <translation>Puntos</translation>
    </message>
    <message>
      <source>Points (0: from the standard error)</source>
      <translation>Puntos (0: según el error estándar)</translation>
    </message>
    <message>
      <source>Points and polygons with the class that they have are compared with the network's features on every date of the run. The effect is measured at corrections that are left out in blocks. Apply the model with 'Map again with another model'.</source>
      <translation>Puntos y polígonos con la clase que tienen se comparan con las características de la red en cada fecha de la corrida. El efecto se mide en correcciones que se dejan fuera por bloques. Aplique el modelo con 'Hacer de nuevo el mapa con otro modelo'.</translation>
    </message>
    <message>
      <source>Points of one polygon are alike: many of them make intervals too narrow.</source>
      <translation>Los puntos de un polígono se parecen: muchos hacen los intervalos demasiado angostos.</translation>
    </message>
    <message>
      <source>Points of polygons</source>
      <translation>Puntos de los polígonos</translation>
    </message>
    <message>
      <source>Points of the sample {} have the same number.</source>
      <translation>Hay puntos de la muestra {} con el mismo número.</translation>
    </message>
    <message>
      <source>Points, polygons or a table with a class each; with a sample also a raster of classes.</source>
      <translation>Puntos, polígonos o una tabla, cada uno con su clase; con una muestra, también un ráster de clases.</translation>
    </message>
    <message>
      <source>Polygons of the region, in any CRS; several are merged.</source>
      <translation>Polígonos de la región, en cualquier SRC; si hay varios, se unen.</translation>
    </message>
    <message>
      <source>Post-stratified</source>
      <translation>Posestratificada</translation>
    </message>
    <message>
      <source>Precision</source>
      <translation>Precisión</translation>
    </message>
    <message>
      <source>Prediction-powered</source>
      <translation>Asistida por predicciones</translation>
    </message>
    <message>
      <source>Prediction-powered, tuned</source>
      <translation>Asistida por predicciones, ajustada</translation>
    </message>
    <message>
      <source>Predictions folder</source>
      <translation>Carpeta de predicciones</translation>
    </message>
    <message>
      <source>Preparing the installation</source>
      <translation>Preparando la instalación</translation>
    </message>
    <message>
      <source>Press 'Install engine' first, then install the parts.</source>
      <translation>Pulse primero «Instalar el motor» y luego instale los componentes.</translation>
    </message>
    <message>
      <source>Processor (CPU)</source>
      <translation>Procesador (CPU)</translation>
    </message>
    <message>
      <source>Projected CRS in metres. If empty, the UTM zone of the region's centre is used.</source>
      <translation>SRC proyectado en metros. Si está vacío, se usa la zona UTM del centro de la región.</translation>
    </message>
    <message>
      <source>Proportional to the area</source>
      <translation>Proporcional a la superficie</translation>
    </message>
    <message>
      <source>Proportional with a minimum</source>
      <translation>Proporcional con un mínimo</translation>
    </message>
    <message>
      <source>Provinces or districts: points carry the name of their zone.</source>
      <translation>Provincias o distritos: los puntos llevan el nombre de su zona.</translation>
    </message>
    <message>
      <source>Provinces or districts: strata may be made of them, and points carry the zone's name.</source>
      <translation>Provincias o distritos: pueden formar estratos, y los puntos llevan el nombre de la zona.</translation>
    </message>
    <message>
      <source>Provinces, districts, parcels: each polygon gets a row of its own. Overlapping areas count in every zone. A zone that contains no pixel centre gets its ellipsoidal area, in the class at a point inside it; the log lists such zones. The region limits the table of the whole map only.</source>
      <translation>Provincias, distritos, parcelas: cada polígono recibe su propia fila. Las superficies superpuestas cuentan en todas las zonas. Una zona sin ningún centro de píxel recibe su superficie elipsoidal, en la clase de un punto de su interior; el registro enumera esas zonas. La región limita solo la tabla de todo el mapa.</translation>
    </message>
    <message>
      <source>PyTorch build</source>
      <translation>Versión de PyTorch (CPU o CUDA)</translation>
    </message>
    <message>
      <source>PyTorch version</source>
      <translation>Versión de PyTorch</translation>
    </message>
    <message>
      <source>PyTorch's CPU build cannot be had: {} The larger CUDA build is taken.</source>
      <translation>No se puede obtener PyTorch para CPU: {} Se toma el de CUDA, más grande.</translation>
    </message>
    <message>
      <source>Python of the engine</source>
      <translation>Python del motor</translation>
    </message>
    <message>
      <source>Python of the other computer</source>
      <translation>Python del otro equipo</translation>
    </message>
    <message>
      <source>Python version</source>
      <translation>Versión de Python</translation>
    </message>
    <message>
      <source>QGIS layer definitions (*.qlr)</source>
      <translation>Definiciones de capas de QGIS (*.qlr)</translation>
    </message>
    <message>
      <source>QGIS's authentication store is locked, so the S3 keys in it cannot be read.</source>
      <translation>El almacén de autenticación de QGIS está bloqueado; no se pueden leer sus claves S3.</translation>
    </message>
    <message>
      <source>QGIS's authentication store is switched off, so the S3 keys in it cannot be read.</source>
      <translation>El almacén de autenticación de QGIS está desactivado; no se pueden leer sus claves S3.</translation>
    </message>
    <message>
      <source>QGIS's proxy is a SOCKS5 proxy, which pip cannot use.</source>
      <translation>El proxy de QGIS es SOCKS5 y pip no puede usarlo.</translation>
    </message>
    <message>
      <source>Quality</source>
      <translation>Calidad</translation>
    </message>
    <message>
      <source>Quality raster</source>
      <translation>Ráster de calidad</translation>
    </message>
    <message>
      <source>Quality rasters</source>
      <translation>Rásteres de calidad</translation>
    </message>
    <message>
      <source>Quick looks of scenes</source>
      <translation>Vistas rápidas de escenas</translation>
    </message>
    <message>
      <source>Random forest</source>
      <translation>Bosque aleatorio</translation>
    </message>
    <message>
      <source>Random numbers</source>
      <translation>Números al azar</translation>
    </message>
    <message>
      <source>Random points</source>
      <translation>Puntos al azar</translation>
    </message>
    <message>
      <source>Random points per polygon</source>
      <translation>Puntos aleatorios por polígono</translation>
    </message>
    <message>
      <source>Raster of strata</source>
      <translation>Ráster de estratos</translation>
    </message>
    <message>
      <source>Reading the collected packages</source>
      <translation>Leyendo los paquetes reunidos</translation>
    </message>
    <message>
      <source>Reads tables with coordinates (LUCAS, Geo-Wiki, Collect Earth), KML, KMZ, GeoJSON, shapefiles and GeoPackages. Names and codes of the legend and LUCAS codes are known; other values are mapped by hand. Polygons give their innermost point, or several random points. Points that were not drawn at random from the map describe themselves alone: the report then says that intervals do not hold. With a sample, its points get the classes of a dense reference, a raster or polygons, and remain a probability sample.</source>
      <translation>Lee tablas con coordenadas (LUCAS, Geo-Wiki, Collect Earth), KML, KMZ, GeoJSON, shapefiles y GeoPackages. Se conocen los nombres y códigos de la leyenda y los códigos LUCAS; a los demás valores se les da su clase a mano. Los polígonos dan su punto más interior, o varios puntos aleatorios. Los puntos que no se tomaron al azar del mapa se describen solo a sí mismos: el informe dice entonces que los intervalos no valen. Con una muestra, sus puntos reciben las clases de una referencia densa, ráster o polígonos, y sigue siendo una muestra probabilística.</translation>
    </message>
    <message>
      <source>Ready</source>
      <translation>Listo</translation>
    </message>
    <message>
      <source>Record (JSON)</source>
      <translation>Registro (JSON)</translation>
    </message>
    <message>
      <source>Recursive elimination keeps so many. 0 keeps all.</source>
      <translation>La eliminación recursiva conserva este número. 0 conserva todas.</translation>
    </message>
    <message>
      <source>Reference data</source>
      <translation>Datos de referencia</translation>
    </message>
    <message>
      <source>Reference data ({})</source>
      <translation>Datos de referencia ({})</translation>
    </message>
    <message>
      <source>Refits the last layer of the network to corrected places of a map, and writes the model as a new version.</source>
      <translation>Reajusta la última capa de la red a lugares corregidos de un mapa, y escribe el modelo como una versión nueva.</translation>
    </message>
    <message>
      <source>Refuse other grids</source>
      <translation>Rechazar otras cuadrículas</translation>
    </message>
    <message>
      <source>Refused folders, with the reason (JSON)</source>
      <translation>Carpetas rechazadas, con el motivo (JSON)</translation>
    </message>
    <message>
      <source>Region</source>
      <translation>Región</translation>
    </message>
    <message>
      <source>Region (polygon layer)</source>
      <translation>Región (capa de polígonos)</translation>
    </message>
    <message>
      <source>Region area (ha)</source>
      <translation>Superficie de la región (ha)</translation>
    </message>
    <message>
      <source>Region covered by scenes (%)</source>
      <translation>Región cubierta por escenas (%)</translation>
    </message>
    <message>
      <source>Region name</source>
      <translation>Nombre de la región</translation>
    </message>
    <message>
      <source>Region: WKT geometry</source>
      <translation>Región: geometría WKT</translation>
    </message>
    <message>
      <source>Region: WKT geometry (one of three)</source>
      <translation>Región: geometría WKT (una de las tres)</translation>
    </message>
    <message>
      <source>Region: extent</source>
      <translation>Región: extensión</translation>
    </message>
    <message>
      <source>Region: extent (one of three)</source>
      <translation>Región: extensión (una de las tres)</translation>
    </message>
    <message>
      <source>Region: polygon layer</source>
      <translation>Región: capa de polígonos</translation>
    </message>
    <message>
      <source>Region: polygon layer (one of three)</source>
      <translation>Región: capa de polígonos (una de las tres)</translation>
    </message>
    <message>
      <source>Regression</source>
      <translation>Regresión</translation>
    </message>
    <message>
      <source>Repeated rows of small classes</source>
      <translation>Filas repetidas de las clases pequeñas</translation>
    </message>
    <message>
      <source>Replace</source>
      <translation>Reemplazar</translation>
    </message>
    <message>
      <source>Replace a model in the folder</source>
      <translation>Reemplazar un modelo en la carpeta</translation>
    </message>
    <message>
      <source>Replace a sample with labels</source>
      <translation>Reemplazar una muestra con etiquetas</translation>
    </message>
    <message>
      <source>Replace the map of another job</source>
      <translation>Reemplazar el mapa de otro trabajo</translation>
    </message>
    <message>
      <source>Replace the map?</source>
      <translation>¿Reemplazar el mapa?</translation>
    </message>
    <message>
      <source>Report</source>
      <translation>Informe</translation>
    </message>
    <message>
      <source>Report (HTML)</source>
      <translation>Informe (HTML)</translation>
    </message>
    <message>
      <source>Report on the accuracy of the change (HTML)</source>
      <translation>Informe de la exactitud del cambio (HTML)</translation>
    </message>
    <message>
      <source>Report on the model</source>
      <translation>Informe sobre el modelo</translation>
    </message>
    <message>
      <source>Reports whether the processing engine is ready, its versions and device, and any action required.</source>
      <translation>Informa si el motor está listo, sus versiones y su dispositivo, y si hay que hacer algo.</translation>
    </message>
    <message>
      <source>Rows</source>
      <translation>Filas</translation>
    </message>
    <message>
      <source>Rows for SHAP values</source>
      <translation>Filas para los valores SHAP</translation>
    </message>
    <message>
      <source>Rows of each class after balancing</source>
      <translation>Filas de cada clase tras equilibrar</translation>
    </message>
    <message>
      <source>Run 'Install engine' (allpa:installengine) once, or set the path of its Python in the options.</source>
      <translation>Ejecute una vez «Instalar el motor» (allpa:installengine), o indique la ruta de su Python en las opciones.</translation>
    </message>
    <message>
      <source>Run 'Install engine' (allpa:installengine): it repairs the engine.</source>
      <translation>Ejecute «Instalar el motor» (allpa:installengine): repara el motor.</translation>
    </message>
    <message>
      <source>Run again and give it.</source>
      <translation>Ejecute de nuevo y escríbala.</translation>
    </message>
    <message>
      <source>Run it on a computer that has a network; it needs no engine. The platform and the version of Python are those of the other computer: in its QGIS, Help &gt; About names the version of Python. The file is named there in Settings &gt; Options &gt; Allpa, under 'Install from file'. Both computers need the same version of Allpa: the hashes of its lists decide what is installed.</source>
      <translation>Ejecútelo en un equipo que tenga red; no necesita el motor. La plataforma y la versión de Python son las del otro equipo: en su QGIS, Ayuda &gt; Acerca de indica la versión de Python. El archivo se elige allí en Configuración &gt; Opciones &gt; Allpa, en «Instalar desde archivo». Los dos equipos necesitan la misma versión de Allpa: los hash de sus listas deciden qué se instala.</translation>
    </message>
    <message>
      <source>Run the engine on Linux, Windows or macOS, or set the path of a Python that has it in the options.</source>
      <translation>Ejecute el motor en Linux, Windows o macOS, o indique en las opciones la ruta de un Python que lo tenga.</translation>
    </message>
    <message>
      <source>S3 keys (Copernicus Data Space)</source>
      <translation>Claves S3 (Copernicus Data Space)</translation>
    </message>
    <message>
      <source>SWIR, NIR, red</source>
      <translation>SWIR, NIR, rojo</translation>
    </message>
    <message>
      <source>Sample</source>
      <translation>Muestra</translation>
    </message>
    <message>
      <source>Sample to label</source>
      <translation>Muestra que se etiqueta</translation>
    </message>
    <message>
      <source>Sample with more points</source>
      <translation>Muestra con más puntos</translation>
    </message>
    <message>
      <source>Sample {}</source>
      <translation>Muestra {}</translation>
    </message>
    <message>
      <source>Sampling method</source>
      <translation>Método de muestreo</translation>
    </message>
    <message>
      <source>Save the layer as GeoTIFF first.</source>
      <translation>Guarde primero la capa como GeoTIFF.</translation>
    </message>
    <message>
      <source>Save the layer as GeoTIFF, or leave it empty for the Copernicus DEM.</source>
      <translation>Guarde la capa como GeoTIFF, o déjela vacía para usar el Copernicus DEM.</translation>
    </message>
    <message>
      <source>Says how many more points a sample needs for a wished interval, and draws them.</source>
      <translation>Indica cuántos puntos más necesita una muestra para un intervalo deseado, y los extrae.</translation>
    </message>
    <message>
      <source>Says on which bands each class of a network depends, on chips of training data.</source>
      <translation>Indica de qué bandas depende cada clase de una red, con recortes de datos de entrenamiento.</translation>
    </message>
    <message>
      <source>Scene list</source>
      <translation>Lista de escenas</translation>
    </message>
    <message>
      <source>Scene lists (*.json)</source>
      <translation>Listas de escenas (*.json)</translation>
    </message>
    <message>
      <source>Scenes</source>
      <translation>Escenas</translation>
    </message>
    <message>
      <source>Scenes classified</source>
      <translation>Escenas clasificadas</translation>
    </message>
    <message>
      <source>Scenes found</source>
      <translation>Escenas encontradas</translation>
    </message>
    <message>
      <source>Scenes of a season at least</source>
      <translation>Escenas de una estación como mínimo</translation>
    </message>
    <message>
      <source>Scenes of a season at most</source>
      <translation>Escenas de una estación como máximo</translation>
    </message>
    <message>
      <source>Scenes of the plan</source>
      <translation>Escenas del plan</translation>
    </message>
    <message>
      <source>Scenes of {}</source>
      <translation>Escenas de {}</translation>
    </message>
    <message>
      <source>Scenes selected</source>
      <translation>Escenas elegidas</translation>
    </message>
    <message>
      <source>Scenes used</source>
      <translation>Escenas usadas</translation>
    </message>
    <message>
      <source>Scenes with a picture</source>
      <translation>Escenas con imagen</translation>
    </message>
    <message>
      <source>Scenes with higher cloud cover over the whole tile are ignored.</source>
      <translation>Las escenas con más nubosidad en toda la tesela se ignoran.</translation>
    </message>
    <message>
      <source>Scenes without a picture</source>
      <translation>Escenas sin imagen</translation>
    </message>
    <message>
      <source>Search scenes</source>
      <translation>Buscar escenas</translation>
    </message>
    <message>
      <source>Search suspicious labels</source>
      <translation>Buscar etiquetas dudosas</translation>
    </message>
    <message>
      <source>Searches the scenes and says what the run takes: tiles, scenes, bytes to download, minutes on this computer, disk space and memory, and which share of the region is covered. No scene is downloaded and no map is made.</source>
      <translation>Busca las escenas y dice qué requiere la ejecución: teselas, escenas, bytes por descargar, minutos en este equipo, espacio en disco y memoria, y qué parte de la región queda cubierta. No se descarga ninguna escena ni se hace ningún mapa.</translation>
    </message>
    <message>
      <source>Searches the scenes of each season, downloads the region's part of the clearest, and computes statistics of each pixel's clear observations. Writes a raster per season and statistic, the number of clear observations, a picture in true colour, missing pixels by tile as a layer and a table, elevation, slope and aspect, and the file features.json that names all features. What is there already from the same scenes is not made again.</source>
      <translation>Busca las escenas de cada estación, descarga la parte de la región de las más despejadas y calcula estadísticas de las observaciones despejadas de cada píxel. Escribe un ráster por estación y estadística, el número de observaciones despejadas, una imagen en color verdadero, los píxeles faltantes por tesela como capa y tabla, elevación, pendiente y orientación, y el archivo features.json que nombra todas las variables. Lo que ya existe de las mismas escenas no se hace de nuevo.</translation>
    </message>
    <message>
      <source>Searches the scenes of the period, downloads the region's part of the best ones, classifies them with a neural network, and combines them by class-weighted majority vote. Writes the map, a quality raster, the area table, a report, an image of the map and the metadata into the folder. An interrupted run is resumed.</source>
      <translation>Busca las escenas del período, descarga de las mejores la parte de la región, las clasifica con una red neuronal y las combina por voto mayoritario ponderado por clase. Escribe en la carpeta el mapa, un ráster de calidad, la tabla de superficies, un informe, una imagen del mapa y los metadatos. Una ejecución interrumpida se reanuda.</translation>
    </message>
    <message>
      <source>Searching…</source>
      <translation>Buscando…</translation>
    </message>
    <message>
      <source>Seasonal composites</source>
      <translation>Compuestos estacionales</translation>
    </message>
    <message>
      <source>Seasons</source>
      <translation>Estaciones</translation>
    </message>
    <message>
      <source>Seasons {}</source>
      <translation>Estaciones {}</translation>
    </message>
    <message>
      <source>Second year</source>
      <translation>Segundo año</translation>
    </message>
    <message>
      <source>Seed</source>
      <translation>Semilla</translation>
    </message>
    <message>
      <source>Select at most {} of them, or dissolve the layer.</source>
      <translation>Seleccione como máximo {}, o disuelva la capa.</translation>
    </message>
    <message>
      <source>Select features, or use all of them.</source>
      <translation>Seleccione objetos, o use todos.</translation>
    </message>
    <message>
      <source>Selection of scenes</source>
      <translation>Selección de escenas</translation>
    </message>
    <message>
      <source>Self-intersections were repaired in the region; polygons: {}.</source>
      <translation>Se repararon autointersecciones de la región; polígonos: {}.</translation>
    </message>
    <message>
      <source>Sentinel data: free and open, Commission Delegated Regulation (EU) No 1159/2013</source>
      <translation>Datos Sentinel: libres y abiertos, Reglamento Delegado (UE) n.º 1159/2013 de la Comisión</translation>
    </message>
    <message>
      <source>September</source>
      <translation>setiembre</translation>
    </message>
    <message>
      <source>Set an HTTP proxy in Settings &gt; Options &gt; Network, then install again.</source>
      <translation>Indique un proxy HTTP en Configuración &gt; Opciones &gt; Red e instale de nuevo.</translation>
    </message>
    <message>
      <source>Set are: {}.</source>
      <translation>Se indicaron: {}.</translation>
    </message>
    <message>
      <source>Set exactly one region: REGION (a layer), EXTENT or GEOMETRY.</source>
      <translation>Indique exactamente una región: REGION (una capa), EXTENT o GEOMETRY.</translation>
    </message>
    <message>
      <source>Set one of the three region parameters.</source>
      <translation>Indique uno de los tres parámetros de región.</translation>
    </message>
    <message>
      <source>Set one of the three region parameters. If all are empty, the zones together are the region.</source>
      <translation>Defina uno de los tres parámetros de la región. Si todos están vacíos, la región son las zonas en conjunto.</translation>
    </message>
    <message>
      <source>Set the keys in the environment instead, as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.</source>
      <translation>Indique las claves en el entorno, como AWS_ACCESS_KEY_ID y AWS_SECRET_ACCESS_KEY.</translation>
    </message>
    <message>
      <source>Several interpreters</source>
      <translation>Varios intérpretes</translation>
    </message>
    <message>
      <source>Several regions</source>
      <translation>Varias regiones</translation>
    </message>
    <message>
      <source>Shade</source>
      <translation>Sombra</translation>
    </message>
    <message>
      <source>Show</source>
      <translation>Mostrar</translation>
    </message>
    <message>
      <source>Side of a crop (pixels)</source>
      <translation>Lado de un recorte (píxeles)</translation>
    </message>
    <message>
      <source>Side of chips in pixels (0 = none)</source>
      <translation>Lado de los recortes en píxeles (0 = ninguno)</translation>
    </message>
    <message>
      <source>Side of left-out blocks (m)</source>
      <translation>Lado de los bloques que se dejan fuera (m)</translation>
    </message>
    <message>
      <source>Side of the blocks of land (m)</source>
      <translation>Lado de los bloques de terreno (m)</translation>
    </message>
    <message>
      <source>Simple random</source>
      <translation>Aleatorio simple</translation>
    </message>
    <message>
      <source>Smaller patches are replaced by the surrounding class. 0 disables the filter.</source>
      <translation>Los parches menores se reemplazan por la clase que los rodea. 0 desactiva el filtro.</translation>
    </message>
    <message>
      <source>Snow</source>
      <translation>Nieve</translation>
    </message>
    <message>
      <source>So many models are trained for it, each without some blocks.</source>
      <translation>Se entrena este número de modelos, cada uno sin algunos bloques.</translation>
    </message>
    <message>
      <source>Soft voting (use class probabilities)</source>
      <translation>Voto suave (con las probabilidades de clase)</translation>
    </message>
    <message>
      <source>Spectral indices</source>
      <translation>Índices espectrales</translation>
    </message>
    <message>
      <source>Split it there into two regions and map each of them.</source>
      <translation>Divídala allí en dos regiones y haga el mapa de cada una.</translation>
    </message>
    <message>
      <source>Spread over the classes.</source>
      <translation>Repartidas entre las clases.</translation>
    </message>
    <message>
      <source>Standard deviation</source>
      <translation>Desviación estándar</translation>
    </message>
    <message>
      <source>Start date (replaces the year)</source>
      <translation>Fecha inicial (reemplaza al año)</translation>
    </message>
    <message>
      <source>Start from</source>
      <translation>Comenzar desde</translation>
    </message>
    <message>
      <source>State</source>
      <translation>Estado</translation>
    </message>
    <message>
      <source>State of the GPU engine</source>
      <translation>Estado del motor para GPU</translation>
    </message>
    <message>
      <source>State of the encoders</source>
      <translation>Estado de los codificadores</translation>
    </message>
    <message>
      <source>State of the packages for clusters</source>
      <translation>Estado de los paquetes para clústeres</translation>
    </message>
    <message>
      <source>State of the parts for own classes</source>
      <translation>Estado de los componentes para clases propias</translation>
    </message>
    <message>
      <source>Statistics</source>
      <translation>Estadísticas</translation>
    </message>
    <message>
      <source>Steep slopes</source>
      <translation>Pendientes fuertes</translation>
    </message>
    <message>
      <source>Step of a round</source>
      <translation>Paso de cada ronda</translation>
    </message>
    <message>
      <source>Steps</source>
      <translation>Pasos</translation>
    </message>
    <message>
      <source>Steps between validations</source>
      <translation>Pasos entre validaciones</translation>
    </message>
    <message>
      <source>Stop the job and close</source>
      <translation>Detener el trabajo y cerrar</translation>
    </message>
    <message>
      <source>Store of finished tiles</source>
      <translation>Almacén de teselas terminadas</translation>
    </message>
    <message>
      <source>Strata</source>
      <translation>Estratos</translation>
    </message>
    <message>
      <source>Strata (JSON)</source>
      <translation>Estratos (JSON)</translation>
    </message>
    <message>
      <source>Strata are counted exactly from the map; every pixel of a stratum has the same chance, and the same seed draws the same points. The size follows from the wished standard error and the accuracies that are expected (Olofsson et al. 2014, equation 13). The result is a GeoPackage with points, empty labels for each interpreter, and a form with a button for each class; the class of the map is not shown. The sample knows its map: it is refused for any other.</source>
      <translation>Los estratos se cuentan exactamente del mapa; todos los píxeles de un estrato tienen la misma probabilidad, y la misma semilla toma los mismos puntos. El tamaño resulta del error estándar deseado y de las exactitudes esperadas (Olofsson et al. 2014, ecuación 13). El resultado es un GeoPackage con los puntos, etiquetas vacías para cada intérprete y un formulario con un botón por clase; la clase del mapa no se muestra. La muestra conoce su mapa: se rechaza para cualquier otro.</translation>
    </message>
    <message>
      <source>Stratified random</source>
      <translation>Aleatorio estratificado</translation>
    </message>
    <message>
      <source>Strength of the present model</source>
      <translation>Fuerza del modelo actual</translation>
    </message>
    <message>
      <source>Such as UBIGEO: tables show it beside the name, to distinguish zones of one name.</source>
      <translation>Por ejemplo UBIGEO: las tablas lo muestran junto al nombre, para distinguir zonas del mismo nombre.</translation>
    </message>
    <message>
      <source>Such as a table with longitude, latitude and label, or a KMZ of Google Earth.</source>
      <translation>Como una tabla con longitud, latitud y etiqueta, o un KMZ de Google Earth.</translation>
    </message>
    <message>
      <source>Such as cp1252 or utf-8; if empty, it is found.</source>
      <translation>Como cp1252 o utf-8; si está vacío, se detecta.</translation>
    </message>
    <message>
      <source>Sum the zones by</source>
      <translation>Sumar las zonas por</translation>
    </message>
    <message>
      <source>Sums of zones (CSV)</source>
      <translation>Sumas de zonas (CSV)</translation>
    </message>
    <message>
      <source>Suspicious labels</source>
      <translation>Etiquetas dudosas</translation>
    </message>
    <message>
      <source>Synthetic</source>
      <translation>Sintética</translation>
    </message>
    <message>
      <source>System and processor.</source>
      <translation>Sistema y procesador.</translation>
    </message>
    <message>
      <source>Systematic</source>
      <translation>Sistemático</translation>
    </message>
    <message>
      <source>Table as CSV too</source>
      <translation>Tabla también como CSV</translation>
    </message>
    <message>
      <source>Tables (*.csv)</source>
      <translation>Tablas (*.csv)</translation>
    </message>
    <message>
      <source>Take in at least two values.</source>
      <translation>Incluya al menos dos valores.</translation>
    </message>
    <message>
      <source>Takes points and polygons of any vector layer with a field of classes, or a table with longitude, latitude and label, and reads the features of their pixels from seasonal composites or scenes. Writes a table of samples (Parquet), chips for a network where a size is given, a report on counts, separability and spectra, and a layer of suspicious labels. Validation is by blocks of land or by a field of groups, never by single pixels. Labels that cannot be used are left out with the reason.</source>
      <translation>Toma puntos y polígonos de cualquier capa vectorial con un campo de clases, o una tabla con longitud, latitud y etiqueta, y lee las variables de sus píxeles en compuestos estacionales o escenas. Escribe una tabla de muestras (Parquet), recortes para una red si se indica un tamaño, un informe con cantidades, separabilidad y espectros, y una capa de etiquetas dudosas. La validación es por bloques de terreno o por un campo de grupos, nunca por píxeles sueltos. Las etiquetas que no se pueden usar se excluyen con su motivo.</translation>
    </message>
    <message>
      <source>Target number of cloud-free observations per pixel. Scenes are added until nearly all pixels reach it.</source>
      <translation>Meta de observaciones sin nubes por píxel. Se agregan escenas hasta que casi todos los píxeles la alcancen.</translation>
    </message>
    <message>
      <source>Teach the network by corrections</source>
      <translation>Enseñar a la red con correcciones</translation>
    </message>
    <message>
      <source>The CRS of the region is not known: {}.</source>
      <translation>No se conoce el SRC de la región: {}.</translation>
    </message>
    <message>
      <source>The Python to build on does not exist: {}.</source>
      <translation>El Python que sirve de base no existe: {}.</translation>
    </message>
    <message>
      <source>The area table cannot be read: {}</source>
      <translation>No se puede leer la tabla de superficies: {}</translation>
    </message>
    <message>
      <source>The authentication configuration '{}' holds no S3 keys.</source>
      <translation>La configuración de autenticación «{}» no contiene claves S3.</translation>
    </message>
    <message>
      <source>The authentication configuration {} does not exist any more.</source>
      <translation>La configuración de autenticación {} ya no existe.</translation>
    </message>
    <message>
      <source>The cache folder is a file: {}.</source>
      <translation>La carpeta de caché es un archivo: {}.</translation>
    </message>
    <message>
      <source>The catalogue URL is neither a web address nor a file: {}.</source>
      <translation>La URL del catálogo no es ni una dirección web ni un archivo: {}.</translation>
    </message>
    <message>
      <source>The class of a point: all (the one that all interpreters name), majority (more than half of them) or single (one of them). Points on which they disagree are left out, unless their class is settled.</source>
      <translation>La clase de un punto: all (la que indican todos los intérpretes), majority (más de la mitad) o single (uno solo). Los puntos en que no coinciden quedan excluidos, salvo que su clase se haya resuelto.</translation>
    </message>
    <message>
      <source>The class of a value cannot be read: {}.</source>
      <translation>La clase de un valor no se puede leer: {}.</translation>
    </message>
    <message>
      <source>The class that all interpreters name</source>
      <translation>La clase que nombran todos los intérpretes</translation>
    </message>
    <message>
      <source>The class that most interpreters name</source>
      <translation>La clase que nombra la mayoría de los intérpretes</translation>
    </message>
    <message>
      <source>The class that one interpreter names</source>
      <translation>La clase que nombra un intérprete</translation>
    </message>
    <message>
      <source>The class weights cannot be read at '{}'.</source>
      <translation>Los pesos de clase no se pueden leer en «{}».</translation>
    </message>
    <message>
      <source>The collected packages do not suit this computer: {} of {} are missing.</source>
      <translation>Los paquetes reunidos no sirven para este equipo: faltan {} de {}.</translation>
    </message>
    <message>
      <source>The correction was not saved: {} cannot be written.</source>
      <translation>La corrección no se guardó: no se puede escribir en {}.</translation>
    </message>
    <message>
      <source>The corrections have no field {}.</source>
      <translation>Las correcciones no tienen el campo {}.</translation>
    </message>
    <message>
      <source>The date {} cannot be read: {}.</source>
      <translation>La fecha {} no se puede leer: {}.</translation>
    </message>
    <message>
      <source>The disk became full during the installation.</source>
      <translation>El disco se llenó durante la instalación.</translation>
    </message>
    <message>
      <source>The eight neighbours of a point's pixel get its class too.</source>
      <translation>Los ocho vecinos del píxel de un punto reciben también su clase.</translation>
    </message>
    <message>
      <source>The elevation cannot be read.</source>
      <translation>No se puede leer la elevación.</translation>
    </message>
    <message>
      <source>The elevation must be a raster file of this computer.</source>
      <translation>La elevación debe ser un archivo ráster de este equipo.</translation>
    </message>
    <message>
      <source>The engine cannot compute on the GPU of this computer.</source>
      <translation>El motor no puede calcular en la GPU de este equipo.</translation>
    </message>
    <message>
      <source>The engine could not be installed.</source>
      <translation>No se pudo instalar el motor.</translation>
    </message>
    <message>
      <source>The engine ended without a result.</source>
      <translation>El motor terminó sin resultado.</translation>
    </message>
    <message>
      <source>The engine for NVIDIA GPUs does not exist for this system: {}.</source>
      <translation>El motor para GPU de NVIDIA no existe para este sistema: {}.</translation>
    </message>
    <message>
      <source>The engine in {} is in use and cannot be replaced.</source>
      <translation>El motor en {} está en uso y no se puede reemplazar.</translation>
    </message>
    <message>
      <source>The engine is being installed.</source>
      <translation>El motor se está instalando.</translation>
    </message>
    <message>
      <source>The engine is ready: {}</source>
      <translation>El motor está listo: {}</translation>
    </message>
    <message>
      <source>The engine must be installed. Its own packages are not changed. Packages are pinned and checked by their hashes; parts that work are only verified. After a cancel, what was downloaded is kept for the next time. The group encoders adds segmentation-models-pytorch, for networks that start from nothing with an encoder of your choice; the group cluster adds Dask and the access to object stores, for maps of many tiles.</source>
      <translation>El motor debe estar instalado; sus propios paquetes no cambian. Los paquetes tienen versiones fijas y se comprueban por su hash; los componentes que funcionan solo se verifican. Si se cancela, lo descargado se guarda para la próxima vez. El grupo encoders agrega segmentation-models-pytorch, para redes que empiezan desde cero con un codificador a elección; el grupo «cluster» agrega Dask y el acceso a almacenes de objetos, para mapas de muchas teselas.</translation>
    </message>
    <message>
      <source>The engine needs {} or later, and this system is {}.</source>
      <translation>El motor necesita {} o posterior y este sistema es {}.</translation>
    </message>
    <message>
      <source>The engine runs on Python {}, and {} is Python {}.</source>
      <translation>El motor funciona con Python {}, y {} es Python {}.</translation>
    </message>
    <message>
      <source>The engine stopped responding and was terminated.</source>
      <translation>El motor dejó de responder y se terminó.</translation>
    </message>
    <message>
      <source>The engine was killed before it finished (signal 9).</source>
      <translation>El motor fue detenido antes de acabar (señal 9).</translation>
    </message>
    <message>
      <source>The engine's Python cannot be started: {}.</source>
      <translation>No se puede iniciar el Python del motor: {}.</translation>
    </message>
    <message>
      <source>The engine's Python is one that you set; Allpa installs nothing into it.</source>
      <translation>El Python del motor es uno que usted indicó; Allpa no instala nada en él.</translation>
    </message>
    <message>
      <source>The engine's Python lacks a package.</source>
      <translation>Al Python del motor le falta un paquete.</translation>
    </message>
    <message>
      <source>The engine's Python that is set does not exist or cannot be run: {}.</source>
      <translation>El Python indicado para el motor no existe o no se puede ejecutar: {}.</translation>
    </message>
    <message>
      <source>The engine's packages do not exist for this system: {}.</source>
      <translation>No hay paquetes del motor para este sistema: {}.</translation>
    </message>
    <message>
      <source>The engine's result cannot be read.</source>
      <translation>No se puede leer el resultado del motor.</translation>
    </message>
    <message>
      <source>The expected accuracy {} cannot be read.</source>
      <translation>La exactitud esperada {} no se puede leer.</translation>
    </message>
    <message>
      <source>The extent cannot be read: {}.</source>
      <translation>No se puede leer la extensión: {}.</translation>
    </message>
    <message>
      <source>The fallback catalogue is the catalogue itself: {}.</source>
      <translation>El catálogo alternativo es el mismo catálogo: {}.</translation>
    </message>
    <message>
      <source>The file</source>
      <translation>El archivo</translation>
    </message>
    <message>
      <source>The file of packages cannot be read: {}.</source>
      <translation>El archivo de paquetes no se puede leer: {}.</translation>
    </message>
    <message>
      <source>The file or folder {} cannot be used.</source>
      <translation>No se puede usar el archivo o la carpeta {}.</translation>
    </message>
    <message>
      <source>The file {} does not exist.</source>
      <translation>El archivo {} no existe.</translation>
    </message>
    <message>
      <source>The files are named after tile and period.</source>
      <translation>Los archivos llevan el nombre de la tesela y del período.</translation>
    </message>
    <message>
      <source>The files of {} need S3 keys, and none are set.</source>
      <translation>Los archivos de {} requieren claves S3 y no hay ninguna configurada.</translation>
    </message>
    <message>
      <source>The first images are of June 2015.</source>
      <translation>Las primeras imágenes son de junio de 2015.</translation>
    </message>
    <message>
      <source>The first map is compared with the last: a change raster with a category for every transition that occurs, the transition matrix, gain, loss and net change of each class, and a transition diagram. With quality rasters, a second raster separates confident and uncertain changes. One class can be analysed in detail: loss, gain, and its transitions. Three or more maps also give a time series of class areas. The report is one HTML file. Maps on different grids are refused, or aligned on request. Change derived from two maps contains the errors of both: before publishing figures, draw a sample from the change raster, label it for both dates, and give it here.</source>
      <translation>El primer mapa se compara con el último: un ráster de cambio con una categoría por cada transición que ocurre, la matriz de transición, ganancia, pérdida y cambio neto de cada clase, y un diagrama de transiciones. Con rásteres de calidad, un segundo ráster separa los cambios confiables de los inciertos. Una clase se puede analizar en detalle: pérdida, ganancia y sus transiciones. Tres o más mapas dan además una serie temporal de las superficies de clase. El informe es un solo archivo HTML. Los mapas de cuadrículas distintas se rechazan, o se alinean si se pide. El cambio derivado de dos mapas contiene los errores de ambos: antes de publicar cifras, extraiga una muestra del ráster de cambio, etiquétela para ambas fechas e indíquela aquí.</translation>
    </message>
    <message>
      <source>The folder 'predictions' of a run, or the folder of the run itself.</source>
      <translation>La carpeta «predictions» de una ejecución, o la carpeta misma de la ejecución.</translation>
    </message>
    <message>
      <source>The folder 'predictions' of an earlier run, or the output of 'Classify scenes'.</source>
      <translation>La carpeta «predictions» de una ejecución anterior, o la salida de «Clasificar escenas».</translation>
    </message>
    <message>
      <source>The folder holds the {year} map of another job.</source>
      <translation>La carpeta contiene el mapa de {year} de otro trabajo.</translation>
    </message>
    <message>
      <source>The folder of images does not exist: {}.</source>
      <translation>La carpeta de imágenes no existe: {}.</translation>
    </message>
    <message>
      <source>The folder of one run, or a folder that holds the folders of several runs or tiles.</source>
      <translation>La carpeta de una ejecución, o una que contiene las carpetas de varias ejecuciones o teselas.</translation>
    </message>
    <message>
      <source>The folder of predictions does not exist: {}.</source>
      <translation>La carpeta de predicciones no existe: {}.</translation>
    </message>
    <message>
      <source>The folder of seasonal composites, or the output folder of a run.</source>
      <translation>La carpeta de los compuestos estacionales, o la carpeta de salida de una ejecución.</translation>
    </message>
    <message>
      <source>The folder that 'Training data' wrote, with chips.</source>
      <translation>La carpeta que escribió 'Datos de entrenamiento', con recortes.</translation>
    </message>
    <message>
      <source>The folder that 'Training data' wrote.</source>
      <translation>La carpeta que escribió «Datos de entrenamiento».</translation>
    </message>
    <message>
      <source>The folder {} cannot be made.</source>
      <translation>No se puede crear la carpeta {}.</translation>
    </message>
    <message>
      <source>The folder {} cannot be written.</source>
      <translation>No se puede escribir en la carpeta {}.</translation>
    </message>
    <message>
      <source>The folder {} holds the {} map of another job.</source>
      <translation>La carpeta {} contiene el mapa de {} de otro trabajo.</translation>
    </message>
    <message>
      <source>The geometry cannot be read: {}.</source>
      <translation>No se puede leer la geometría: {}.</translation>
    </message>
    <message>
      <source>The installation was cancelled.</source>
      <translation>La instalación se canceló.</translation>
    </message>
    <message>
      <source>The installed engine is damaged.</source>
      <translation>El motor instalado está dañado.</translation>
    </message>
    <message>
      <source>The installed engine is installed anew: {}</source>
      <translation>El motor instalado se vuelve a instalar: {}</translation>
    </message>
    <message>
      <source>The interpreter needs a name.</source>
      <translation>El intérprete necesita un nombre.</translation>
    </message>
    <message>
      <source>The interpreter's name cannot be used.</source>
      <translation>El nombre del intérprete no se puede usar.</translation>
    </message>
    <message>
      <source>The job file also sets what the dock cannot: {keys}.</source>
      <translation>El archivo del trabajo también fija lo que el panel no puede: {keys}.</translation>
    </message>
    <message>
      <source>The job was cancelled.</source>
      <translation>El trabajo se canceló.</translation>
    </message>
    <message>
      <source>The label was not saved: {} cannot be written.</source>
      <translation>La etiqueta no se guardó: no se puede escribir en {}.</translation>
    </message>
    <message>
      <source>The labels cannot be written to {}.</source>
      <translation>Las etiquetas no se pueden escribir en {}.</translation>
    </message>
    <message>
      <source>The labels cannot be written: {}.</source>
      <translation>Las etiquetas no se pueden escribir: {}.</translation>
    </message>
    <message>
      <source>The land-cover map cannot be read.</source>
      <translation>No se puede leer el mapa de cobertura de la tierra.</translation>
    </message>
    <message>
      <source>The land-cover map is not a file on this machine.</source>
      <translation>El mapa de cobertura de la tierra no es un archivo de este equipo.</translation>
    </message>
    <message>
      <source>The layer definition cannot be written.</source>
      <translation>No se puede escribir la definición de capas.</translation>
    </message>
    <message>
      <source>The layer has too many features: {}.</source>
      <translation>La capa tiene demasiados objetos: {}.</translation>
    </message>
    <message>
      <source>The layer of labels cannot be read.</source>
      <translation>La capa de etiquetas no se puede leer.</translation>
    </message>
    <message>
      <source>The layer of labels has no features.</source>
      <translation>La capa de etiquetas no tiene objetos.</translation>
    </message>
    <message>
      <source>The layer {} has no CRS; its coordinates are taken as longitude and latitude (EPSG:4326).</source>
      <translation>La capa {} no tiene SRC; sus coordenadas se toman como longitud y latitud (EPSG:4326).</translation>
    </message>
    <message>
      <source>The list is a STAC ItemCollection (JSON) of all candidates, with the selection and its reasons. It can be edited, and is an input (SCENES) of the other algorithms. The footprints are a layer of the same candidates.</source>
      <translation>La lista es una ItemCollection de STAC (JSON) con todas las candidatas, la selección y sus motivos. Se puede editar, y es una entrada (SCENES) de los demás algoritmos. Las huellas son una capa de las mismas candidatas.</translation>
    </message>
    <message>
      <source>The map from which the sample was drawn.</source>
      <translation>El mapa del que se extrajo la muestra.</translation>
    </message>
    <message>
      <source>The map from which the sample was drawn; a change raster for a sample of change.</source>
      <translation>El mapa del que se extrajo la muestra; un ráster de cambio para una muestra de cambio.</translation>
    </message>
    <message>
      <source>The map that will be assessed, with the codes 1 to 10; 0 is no data.</source>
      <translation>El mapa que se evaluará, con los códigos 1 a 10; 0 es sin datos.</translation>
    </message>
    <message>
      <source>The model cannot be saved to {}.</source>
      <translation>El modelo no se puede guardar en {}.</translation>
    </message>
    <message>
      <source>The model does not exist: {}.</source>
      <translation>El modelo no existe: {}.</translation>
    </message>
    <message>
      <source>The model learns from the table that 'Training data' wrote, and is tested on blocks of land that it has not seen. The report shows error matrices, the accuracy with fewer features, the importance of each feature, and which feature speaks for which class (SHAP). A forest of 100 trees is the proposal. The folder of the model is what 'Classify composites' and, for models of single scenes, 'Annual land-cover map' take.</source>
      <translation>El modelo aprende de la tabla que escribió «Datos de entrenamiento» y se prueba en bloques de terreno que no ha visto. El informe muestra matrices de error, la exactitud con menos variables, la importancia de cada variable y qué variable habla a favor de qué clase (SHAP). Se propone un bosque de 100 árboles. La carpeta del modelo es la que toman «Clasificar compuestos» y, con modelos de escenas sueltas, «Mapa anual de cobertura de la tierra».</translation>
    </message>
    <message>
      <source>The model that is refitted. If empty, that of the run.</source>
      <translation>El modelo que se reajusta. Si está vacío, el de la corrida.</translation>
    </message>
    <message>
      <source>The model with its report. A model that is there is replaced.</source>
      <translation>El modelo con su informe. Un modelo que ya esté allí se reemplaza.</translation>
    </message>
    <message>
      <source>The model, its curve, and while it learns the checkpoint.</source>
      <translation>El modelo, su curva y, mientras aprende, el punto de control.</translation>
    </message>
    <message>
      <source>The name {} is kept for settled labels.</source>
      <translation>El nombre {} está reservado para las etiquetas resueltas.</translation>
    </message>
    <message>
      <source>The names of the periods cannot be used: {}.</source>
      <translation>Los nombres de los períodos no se pueden usar: {}.</translation>
    </message>
    <message>
      <source>The names of the periods do not sort in the order of the maps.</source>
      <translation>Los nombres de los períodos no siguen el orden de los mapas.</translation>
    </message>
    <message>
      <source>The network learns from the chips that 'Training data' wrote; most of their pixels may be without a label. A fifth of the blocks of land says when it has learnt enough, another fifth tests it at the end. Trained further, the bundled network needs few labels and minutes; other bands and other classes than its own are taken. A training that was cancelled goes on where it stopped when it is run again with the same folder and values. The folder of the model is what 'Annual land-cover map' takes as model.</source>
      <translation>La red aprende de los recortes que escribió 'Datos de entrenamiento'; la mayoría de sus píxeles puede no tener etiqueta. Una quinta parte de los bloques de terreno indica cuándo ha aprendido lo suficiente, otra quinta parte la prueba al final. Para seguir entrenando la red incluida bastan pocas etiquetas y minutos; acepta otras bandas y otras clases que las suyas. Un entrenamiento cancelado continúa donde se detuvo al ejecutarlo de nuevo con la misma carpeta y los mismos valores. La carpeta del modelo es lo que 'Mapa anual de cobertura de la tierra' toma como modelo.</translation>
    </message>
    <message>
      <source>The network. If empty, that of the run.</source>
      <translation>La red. Si está vacío, la de la corrida.</translation>
    </message>
    <message>
      <source>The one with which the sample was drawn, if any.</source>
      <translation>Aquel con el que se extrajo la muestra, si lo hubo.</translation>
    </message>
    <message>
      <source>The output CRS must be a projected one in metres, with a code such as EPSG:32718.</source>
      <translation>El SRC de salida debe ser uno proyectado en metros, con un código como EPSG:32718.</translation>
    </message>
    <message>
      <source>The output file {} is a folder.</source>
      <translation>El archivo de salida {} es una carpeta.</translation>
    </message>
    <message>
      <source>The output folder is that of the run.</source>
      <translation>La carpeta de salida es la de la corrida.</translation>
    </message>
    <message>
      <source>The output folder of an annual land-cover map; its scenes are used again.</source>
      <translation>La carpeta de salida de un mapa anual de cobertura; sus escenas se usan de nuevo.</translation>
    </message>
    <message>
      <source>The package index cannot be reached.</source>
      <translation>No se puede acceder al índice de paquetes.</translation>
    </message>
    <message>
      <source>The package index does not offer a package that the engine needs.</source>
      <translation>El índice de paquetes no ofrece un paquete que el motor necesita.</translation>
    </message>
    <message>
      <source>The packages do not exist: {}.</source>
      <translation>Los paquetes no existen: {}.</translation>
    </message>
    <message>
      <source>The parts are installed anew: {}</source>
      <translation>Los componentes se instalan de nuevo: {}</translation>
    </message>
    <message>
      <source>The percentile '{}' is no number from 0 to 100.</source>
      <translation>El percentil «{}» no es un número de 0 a 100.</translation>
    </message>
    <message>
      <source>The period ends before it starts.</source>
      <translation>El período termina antes de empezar.</translation>
    </message>
    <message>
      <source>The period has not begun yet.</source>
      <translation>El período aún no ha empezado.</translation>
    </message>
    <message>
      <source>The period lies before Sentinel-2.</source>
      <translation>El período es anterior a Sentinel-2.</translation>
    </message>
    <message>
      <source>The plan in a sentence</source>
      <translation>El plan en una frase</translation>
    </message>
    <message>
      <source>The point furthest from the border</source>
      <translation>El punto más alejado del borde</translation>
    </message>
    <message>
      <source>The points are a simple random sample of the map</source>
      <translation>Los puntos son una muestra aleatoria simple del mapa</translation>
    </message>
    <message>
      <source>The proxy asks for a user name and a password.</source>
      <translation>El proxy pide usuario y contraseña.</translation>
    </message>
    <message>
      <source>The region cannot be transformed to EPSG:4326.</source>
      <translation>La región no se puede transformar a EPSG:4326.</translation>
    </message>
    <message>
      <source>The region crosses the 180th meridian.</source>
      <translation>La región cruza el meridiano 180.</translation>
    </message>
    <message>
      <source>The region is empty.</source>
      <translation>La región está vacía.</translation>
    </message>
    <message>
      <source>The region is not a polygon.</source>
      <translation>La región no es un polígono.</translation>
    </message>
    <message>
      <source>The region layer cannot be read: {}.</source>
      <translation>No se puede leer la capa de la región: {}.</translation>
    </message>
    <message>
      <source>The region layer has no polygons.</source>
      <translation>La capa de la región no tiene polígonos.</translation>
    </message>
    <message>
      <source>The region leaves the area that Sentinel-2 tiles cover (latitude -84 to 84).</source>
      <translation>La región sale del ámbito que cubren las teselas de Sentinel-2 (latitud -84 a 84).</translation>
    </message>
    <message>
      <source>The run in {} has no scene list.</source>
      <translation>La corrida en {} no tiene lista de escenas.</translation>
    </message>
    <message>
      <source>The same job in a terminal: {}</source>
      <translation>El mismo trabajo en un terminal: {}</translation>
    </message>
    <message>
      <source>The same seed chooses the same pixels, rows and folds.</source>
      <translation>La misma semilla elige los mismos píxeles, filas y pliegues.</translation>
    </message>
    <message>
      <source>The same seed draws the same points from the same map.</source>
      <translation>La misma semilla toma los mismos puntos del mismo mapa.</translation>
    </message>
    <message>
      <source>The same seed parts and draws the chips in the same way.</source>
      <translation>La misma semilla divide y sortea los recortes de la misma manera.</translation>
    </message>
    <message>
      <source>The same seed takes the same random points.</source>
      <translation>La misma semilla toma los mismos puntos aleatorios.</translation>
    </message>
    <message>
      <source>The same seed trains the same model.</source>
      <translation>La misma semilla entrena el mismo modelo.</translation>
    </message>
    <message>
      <source>The sample is not a file on this machine.</source>
      <translation>La muestra no es un archivo de este equipo.</translation>
    </message>
    <message>
      <source>The sample {} does not exist.</source>
      <translation>La muestra {} no existe.</translation>
    </message>
    <message>
      <source>The sample {} holds no points.</source>
      <translation>La muestra {} no contiene puntos.</translation>
    </message>
    <message>
      <source>The scene list does not exist: {}.</source>
      <translation>La lista de escenas no existe: {}.</translation>
    </message>
    <message>
      <source>The scene list {name} cannot be read; scenes are selected automatically.</source>
      <translation>La lista de escenas {name} no se puede leer; las escenas se seleccionan automáticamente.</translation>
    </message>
    <message>
      <source>The scene list {} cannot be read.</source>
      <translation>No se puede leer la lista de escenas {}.</translation>
    </message>
    <message>
      <source>The season '{}' is given twice.</source>
      <translation>La estación «{}» aparece dos veces.</translation>
    </message>
    <message>
      <source>The seasons cannot be read at '{}'.</source>
      <translation>Las estaciones no se pueden leer en «{}».</translation>
    </message>
    <message>
      <source>The secure connection to the package index was refused, because its certificate is not trusted here.</source>
      <translation>Se rechazó la conexión segura con el índice de paquetes, porque aquí no se confía en su certificado.</translation>
    </message>
    <message>
      <source>The strata are zones, but no layer of zones is given.</source>
      <translation>Los estratos son zonas, pero no se dio una capa de zonas.</translation>
    </message>
    <message>
      <source>The system does this when memory runs out.</source>
      <translation>El sistema hace esto cuando se agota la memoria.</translation>
    </message>
    <message>
      <source>The training starts from a model, but none is given.</source>
      <translation>El entrenamiento parte de un modelo, pero no se indicó ninguno.</translation>
    </message>
    <message>
      <source>The training stops before where it no longer gets better.</source>
      <translation>El entrenamiento se detiene antes si ya no mejora.</translation>
    </message>
    <message>
      <source>The value of {} cannot be used: {}.</source>
      <translation>El valor de {} no se puede usar: {}.</translation>
    </message>
    <message>
      <source>The weights in {} cannot be read.</source>
      <translation>No se pueden leer los pesos de {}.</translation>
    </message>
    <message>
      <source>The weights in {} cannot be used.</source>
      <translation>No se pueden usar los pesos de {}.</translation>
    </message>
    <message>
      <source>The work folder's file {} cannot be read.</source>
      <translation>No se puede leer el archivo {} de la carpeta de trabajo.</translation>
    </message>
    <message>
      <source>The zip for the other computer; 'Install engine' takes it there.</source>
      <translation>El zip para el otro equipo; allí lo toma «Instalar el motor».</translation>
    </message>
    <message>
      <source>The zone layer cannot be read.</source>
      <translation>No se puede leer la capa de zonas.</translation>
    </message>
    <message>
      <source>The zone layer has no field {}.</source>
      <translation>La capa de zonas no tiene el campo {}.</translation>
    </message>
    <message>
      <source>The zone layer has no polygons.</source>
      <translation>La capa de zonas no tiene polígonos.</translation>
    </message>
    <message>
      <source>The zone with feature ID {} cannot be mapped.</source>
      <translation>La zona con ID de objeto {} no se puede cartografiar.</translation>
    </message>
    <message>
      <source>The zones cannot be written to {}.</source>
      <translation>No se pueden escribir las zonas en {}.</translation>
    </message>
    <message>
      <source>The zones with hectares (ha_1 to ha_10, by class code) and percent (pct_1 to pct_10). Their tables are also written beside the area table: NAME_zones.csv and NAME_zones_long.csv. NAME_zones_input.geojson has the zones as the job reads them, so that the job file can be run again.</source>
      <translation>Las zonas con hectáreas (ha_1 a ha_10, por código de clase) y porcentaje (pct_1 a pct_10). Sus tablas también se escriben junto a la tabla de superficies: NOMBRE_zones.csv y NOMBRE_zones_long.csv. NOMBRE_zones_input.geojson tiene las zonas como las lee el trabajo, para poder ejecutar de nuevo el archivo de trabajo.</translation>
    </message>
    <message>
      <source>The zones with which the sample was drawn, where it was drawn with zones.</source>
      <translation>Las zonas con las que se extrajo la muestra, si se extrajo con zonas.</translation>
    </message>
    <message>
      <source>Their points differ.</source>
      <translation>Sus puntos son distintos.</translation>
    </message>
    <message>
      <source>There are no packages in {}.</source>
      <translation>No hay paquetes en {}.</translation>
    </message>
    <message>
      <source>There are no predictions in {}.</source>
      <translation>No hay predicciones en {}.</translation>
    </message>
    <message>
      <source>There is no model file or model folder {}.</source>
      <translation>No hay ningún archivo ni carpeta de modelo {}.</translation>
    </message>
    <message>
      <source>There is no {} in it.</source>
      <translation>No contiene {}.</translation>
    </message>
    <message>
      <source>There must be one quality raster for each map.</source>
      <translation>Debe haber un ráster de calidad por mapa.</translation>
    </message>
    <message>
      <source>These packages do not exist for this system or the engine's Python: {}.</source>
      <translation>Estos paquetes no existen para este sistema o para el Python del motor: {}.</translation>
    </message>
    <message>
      <source>They are written as name = months, such as spring=3,4; summer=6,7.</source>
      <translation>Se escriben como nombre = meses, por ejemplo spring=3,4; summer=6,7.</translation>
    </message>
    <message>
      <source>They differ in: {}.</source>
      <translation>Difieren en: {}.</translation>
    </message>
    <message>
      <source>This Python cannot make virtual environments.</source>
      <translation>Este Python no puede crear entornos virtuales.</translation>
    </message>
    <message>
      <source>This QGIS shows wrong values for embeddings: its GDAL {} takes signed bytes for bytes from 0 to 255. Use them with a QGIS of GDAL 3.7 or later, or in Python with rasterio.</source>
      <translation>Este QGIS muestra valores erróneos en los embeddings: su GDAL {} toma los bytes con signo por bytes de 0 a 255. Úselos con un QGIS de GDAL 3.7 o posterior, o en Python con rasterio.</translation>
    </message>
    <message>
      <source>This folder holds no composites: {}.</source>
      <translation>Esta carpeta no contiene compuestos: {}.</translation>
    </message>
    <message>
      <source>This folder holds no model: {}.</source>
      <translation>Esta carpeta no contiene ningún modelo: {}.</translation>
    </message>
    <message>
      <source>This folder holds no training data with chips: {}.</source>
      <translation>Esta carpeta no contiene datos de entrenamiento con recortes: {}.</translation>
    </message>
    <message>
      <source>This folder holds no training data: {}.</source>
      <translation>Esta carpeta no contiene datos de entrenamiento: {}.</translation>
    </message>
    <message>
      <source>Those of each class in turn.</source>
      <translation>Los de cada clase por turno.</translation>
    </message>
    <message>
      <source>Threads of the engine. 0 uses all.</source>
      <translation>Hilos del motor. 0 usa todos.</translation>
    </message>
    <message>
      <source>Tile of Deepness (pixels)</source>
      <translation>Tesela de Deepness (píxeles)</translation>
    </message>
    <message>
      <source>Tiles</source>
      <translation>Teselas</translation>
    </message>
    <message>
      <source>Tiles of the plan</source>
      <translation>Teselas del plan</translation>
    </message>
    <message>
      <source>Time series chart</source>
      <translation>Gráfico de la serie temporal</translation>
    </message>
    <message>
      <source>Title of map, table and report. If empty, a region layer of one feature gives it, so that each map of a batch, or of an iteration over a layer, has the name of its feature.</source>
      <translation>Título del mapa, la tabla y el informe. Si está vacío, lo da la capa de la región cuando tiene un solo objeto; así cada mapa de un lote, o de una iteración sobre una capa, lleva el nombre de su objeto.</translation>
    </message>
    <message>
      <source>Title of table and report.</source>
      <translation>Título de la tabla y del informe.</translation>
    </message>
    <message>
      <source>Title of the table and the report.</source>
      <translation>Título de la tabla y del informe.</translation>
    </message>
    <message>
      <source>To run it in a terminal, first set: {}.</source>
      <translation>Para ejecutarlo en un terminal, defina antes: {}.</translation>
    </message>
    <message>
      <source>TorchScript</source>
      <translation>TorchScript</translation>
    </message>
    <message>
      <source>Total area (ha)</source>
      <translation>Superficie total (ha)</translation>
    </message>
    <message>
      <source>Train a forest</source>
      <translation>Entrenar un bosque</translation>
    </message>
    <message>
      <source>Train a network</source>
      <translation>Entrenar una red</translation>
    </message>
    <message>
      <source>Training data</source>
      <translation>Datos de entrenamiento</translation>
    </message>
    <message>
      <source>Trains a model of your own classes on single pixels: a random forest or another kind.</source>
      <translation>Entrena un modelo de sus propias clases con píxeles sueltos: un bosque aleatorio u otro tipo.</translation>
    </message>
    <message>
      <source>Trains a network of your own classes on chips: further from another one, or from nothing.</source>
      <translation>Entrena una red con sus propias clases a partir de recortes: desde otra red o desde cero.</translation>
    </message>
    <message>
      <source>Transition diagram</source>
      <translation>Diagrama de transiciones</translation>
    </message>
    <message>
      <source>Transition matrix (ha, CSV)</source>
      <translation>Matriz de transición (ha, CSV)</translation>
    </message>
    <message>
      <source>Transitions of one class (CSV)</source>
      <translation>Transiciones de una clase (CSV)</translation>
    </message>
    <message>
      <source>Transitions of one class (JSON)</source>
      <translation>Transiciones de una clase (JSON)</translation>
    </message>
    <message>
      <source>Trees of a forest, or rounds of gradient boosting.</source>
      <translation>Árboles de un bosque, o rondas de la potenciación del gradiente.</translation>
    </message>
    <message>
      <source>Trees or rounds</source>
      <translation>Árboles o rondas</translation>
    </message>
    <message>
      <source>True colour</source>
      <translation>Color natural</translation>
    </message>
    <message>
      <source>Two or more maps of the same region that Allpa wrote. They are ordered by the year or period in their file names; where these have none, list them in chronological order.</source>
      <translation>Dos o más mapas de la misma región escritos por Allpa. Se ordenan por el año o período de sus nombres de archivo; si no lo tienen, indíquelos en orden cronológico.</translation>
    </message>
    <message>
      <source>Two years and their change</source>
      <translation>Dos años y su cambio</translation>
    </message>
    <message>
      <source>URL of another STAC API, or the file of a static catalogue; replaces the catalogue.</source>
      <translation>URL de otra API STAC, o el archivo de un catálogo estático; reemplaza al catálogo.</translation>
    </message>
    <message>
      <source>Units of a hidden layer</source>
      <translation>Unidades de una capa oculta</translation>
    </message>
    <message>
      <source>Update NVIDIA's driver, then install again. The engine that was there before is in use, as before.</source>
      <translation>Actualice el controlador de NVIDIA y vuelva a instalar. El motor que había sigue en uso, como antes.</translation>
    </message>
    <message>
      <source>Update the system, or use another computer.</source>
      <translation>Actualice el sistema, o use otro equipo.</translation>
    </message>
    <message>
      <source>Use</source>
      <translation>Usar</translation>
    </message>
    <message>
      <source>Use another computer, or set the path of a Python that has them in the options.</source>
      <translation>Use otro equipo, o indique en las opciones la ruta de un Python que los tenga.</translation>
    </message>
    <message>
      <source>Use the default package index, or ask its administrator to add the package that the log names.</source>
      <translation>Use el índice de paquetes por defecto, o pida a quien lo administra que agregue el paquete que nombra el registro.</translation>
    </message>
    <message>
      <source>Use where there is nothing else</source>
      <translation>Usar donde no haya otra cosa</translation>
    </message>
    <message>
      <source>Used for a whole tile if the first catalogue fails or returns unusually few scenes; recorded in the report. If empty, no other catalogue is queried.</source>
      <translation>Se usa para una tesela entera si el primer catálogo falla o da muy pocas escenas; consta en el informe. Si está vacío, no se consulta ningún otro.</translation>
    </message>
    <message>
      <source>Valid pixels (%)</source>
      <translation>Píxeles válidos (%)</translation>
    </message>
    <message>
      <source>Validations without progress</source>
      <translation>Validaciones sin mejora</translation>
    </message>
    <message>
      <source>Value = class code or name, one per line or divided by ';', e.g. Bosque=2; Puna=Scrub/shrub; 99=0. 0 leaves a value out.</source>
      <translation>Valor = código o nombre de clase, uno por línea o separados por «;», p. ej. Bosque=2; Puna=6; 99=0. 0 omite un valor.</translation>
    </message>
    <message>
      <source>Value = name or code of the class, one per line or divided by ';', e.g. Bosque primario=Bosque; Bosque secundario=Bosque; Nubes=0. 0 leaves a value out; values that are not named are classes of their own.</source>
      <translation>Valor = nombre o código de la clase, uno por línea o separados por «;», p. ej. Bosque primario=Bosque; Bosque secundario=Bosque; Nubes=0. 0 excluye un valor; los valores que no se nombran son clases propias.</translation>
    </message>
    <message>
      <source>Vary the light</source>
      <translation>Variar la iluminación</translation>
    </message>
    <message>
      <source>Verifying the GPU</source>
      <translation>Verificando la GPU</translation>
    </message>
    <message>
      <source>Verifying the engine</source>
      <translation>Verificando el motor</translation>
    </message>
    <message>
      <source>Verifying the parts</source>
      <translation>Verificando los componentes</translation>
    </message>
    <message>
      <source>Version</source>
      <translation>Versión</translation>
    </message>
    <message>
      <source>Version that its engine will have.</source>
      <translation>Versión que tendrá su motor.</translation>
    </message>
    <message>
      <source>Wait until it has finished.</source>
      <translation>Espere a que termine.</translation>
    </message>
    <message>
      <source>Warning</source>
      <translation>Advertencia</translation>
    </message>
    <message>
      <source>Weight months equally</source>
      <translation>Igualar el peso de los meses</translation>
    </message>
    <message>
      <source>Weight table</source>
      <translation>Tabla de pesos</translation>
    </message>
    <message>
      <source>Weights</source>
      <translation>Pesos</translation>
    </message>
    <message>
      <source>Weights are written as code=number, such as 3=1.2;9=0.6, with codes of the legend.</source>
      <translation>Los pesos se escriben como código=número, como 3=1.2;9=0.6, con códigos de la leyenda.</translation>
    </message>
    <message>
      <source>Weights of ImageNet for the encoder; needs the network.</source>
      <translation>Pesos de ImageNet para el codificador; necesita conexión a Internet.</translation>
    </message>
    <message>
      <source>Weights of the rows</source>
      <translation>Pesos de las filas</translation>
    </message>
    <message>
      <source>What goes in and comes out (JSON)</source>
      <translation>Qué entra y qué sale (JSON)</translation>
    </message>
    <message>
      <source>What must be known</source>
      <translation>Qué debe conocerse</translation>
    </message>
    <message>
      <source>What this job was run with is not known; set it again.</source>
      <translation>No se sabe con qué valores se ejecutó este trabajo; defínalos de nuevo.</translation>
    </message>
    <message>
      <source>What this job was to map is not known; set its region again.</source>
      <translation>No se sabe qué región tenía este trabajo; defínala de nuevo.</translation>
    </message>
    <message>
      <source>What was downloaded is kept for the next time; nothing else was left behind.</source>
      <translation>Lo descargado se conserva para la próxima vez; no quedó nada más.</translation>
    </message>
    <message>
      <source>Where layer or file do not name it; if empty, longitude and latitude.</source>
      <translation>Donde la capa o el archivo no lo indican; si está vacío, longitud y latitud.</translation>
    </message>
    <message>
      <source>Where scenes are searched and downloaded.</source>
      <translation>Dónde se buscan y descargan las escenas.</translation>
    </message>
    <message>
      <source>Where the file does not name it; if empty, longitude and latitude.</source>
      <translation>Donde el archivo no lo nombra; si está vacío, longitud y latitud.</translation>
    </message>
    <message>
      <source>Whether a map of the same period in the folder that another job made may be replaced. If not, the run is refused.</source>
      <translation>Si se puede reemplazar el mapa del mismo período que otro trabajo hizo en la carpeta. Si no, la ejecución se rechaza.</translation>
    </message>
    <message>
      <source>Whose labels count, where only those of one interpreter do.</source>
      <translation>De quién son las etiquetas que cuentan, cuando solo cuentan las de un intérprete.</translation>
    </message>
    <message>
      <source>Whose scenes are used, by name or number, such as June, July or 6, 7. If empty, all months are used.</source>
      <translation>Cuyas escenas se usan, por nombre o número, como junio, julio o 6, 7. Si está vacío, se usan todos los meses.</translation>
    </message>
    <message>
      <source>Wished standard error of the overall accuracy</source>
      <translation>Error estándar deseado de la exactitud global</translation>
    </message>
    <message>
      <source>With fewer usable scenes of a tile, those of the month before and after are used too. 0: never.</source>
      <translation>Con menos escenas utilizables de una tesela se usan también las del mes anterior y el siguiente. 0: nunca.</translation>
    </message>
    <message>
      <source>Without it a folder with a model is refused.</source>
      <translation>Sin esto se rechaza una carpeta que tiene un modelo.</translation>
    </message>
    <message>
      <source>Write 10, 90.</source>
      <translation>Escriba 10, 90.</translation>
    </message>
    <message>
      <source>Write a class code or stratum and a number from 0 to 1, e.g. 2=0.9; other=0.75.</source>
      <translation>Escriba un código de clase o estrato y un número de 0 a 1, p. ej. 2=0.9; other=0.75.</translation>
    </message>
    <message>
      <source>Write it as 2020-04-01.</source>
      <translation>Escríbala como 2020-04-01.</translation>
    </message>
    <message>
      <source>Write it as CRS=EPSG:4326;POLYGON((...)).</source>
      <translation>Escríbala como CRS=EPSG:4326;POLYGON((...)).</translation>
    </message>
    <message>
      <source>Write it as xmin,xmax,ymin,ymax [EPSG:32718].</source>
      <translation>Escríbala como xmin,xmax,ymin,ymax [EPSG:32718].</translation>
    </message>
    <message>
      <source>Write its code, such as EPSG:32718.</source>
      <translation>Escriba su código, como EPSG:32718.</translation>
    </message>
    <message>
      <source>Write value = class code or name, e.g. Bosque=2; Puna=Scrub/shrub; 99=0.</source>
      <translation>Escriba valor = código o nombre de clase, p. ej. Bosque=2; Puna=6; 99=0.</translation>
    </message>
    <message>
      <source>Write value = name or code of the class, e.g. Bosque primario=Bosque; Nubes=0.</source>
      <translation>Escriba valor = nombre o código de la clase, p. ej. Bosque primario=Bosque; Nubes=0.</translation>
    </message>
    <message>
      <source>Writes a network for other programs: the plugin Deepness, ONNX and TorchScript.</source>
      <translation>Escribe una red para otros programas: el complemento Deepness, ONNX y TorchScript.</translation>
    </message>
    <message>
      <source>Writes no files, needs no network, and never fails: READY is false and ACTION_REQUIRED says what to do.</source>
      <translation>No escribe archivos, no necesita red y nunca falla: READY es falso y ACTION_REQUIRED dice qué hacer.</translation>
    </message>
    <message>
      <source>Writes one raster per scene (class, confidence) into the folder. Scenes that are classified already are not classified again. Combine them by 'Composite predictions'.</source>
      <translation>Escribe en la carpeta un ráster por escena (clase, confianza). Las escenas ya clasificadas no se clasifican otra vez. Combínelas con «Combinar predicciones».</translation>
    </message>
    <message>
      <source>Writing {}</source>
      <translation>Escribiendo {}</translation>
    </message>
    <message>
      <source>Wrong are those of the codes {}.</source>
      <translation>Son incorrectos los de los códigos {}.</translation>
    </message>
    <message>
      <source>Year</source>
      <translation>Año</translation>
    </message>
    <message>
      <source>Zip or folder of packages, for a computer without a network; if empty, the one of Allpa's options.</source>
      <translation>Zip o carpeta de paquetes, para un equipo sin red; si está vacío, el de las opciones de Allpa.</translation>
    </message>
    <message>
      <source>Zone code field</source>
      <translation>Campo con el código de la zona</translation>
    </message>
    <message>
      <source>Zone name field</source>
      <translation>Campo con el nombre de la zona</translation>
    </message>
    <message>
      <source>Zones</source>
      <translation>Zonas</translation>
    </message>
    <message>
      <source>Zones (polygon layer)</source>
      <translation>Zonas (capa de polígonos)</translation>
    </message>
    <message>
      <source>Zones add up to the whole map</source>
      <translation>Las zonas suman el total del mapa</translation>
    </message>
    <message>
      <source>Zones can be summed by at most {} fields.</source>
      <translation>Las zonas se pueden sumar por {} campos como máximo.</translation>
    </message>
    <message>
      <source>about {} h left</source>
      <translation>faltan unas {} h</translation>
    </message>
    <message>
      <source>about {} min left</source>
      <translation>faltan unos {} min</translation>
    </message>
    <message>
      <source>about {} s left</source>
      <translation>faltan unos {} s</translation>
    </message>
    <message>
      <source>all allocates for the overall accuracy.</source>
      <translation>all asigna para la exactitud global.</translation>
    </message>
    <message>
      <source>area of the class, or accuracy: its user's and producer's accuracy together.</source>
      <translation>area: la superficie de la clase; accuracy: sus exactitudes del usuario y del productor juntas.</translation>
    </message>
    <message>
      <source>auto (the language of QGIS), en (English) or es (Spanish).</source>
      <translation>auto (el idioma de QGIS), en (inglés) o es (español).</translation>
    </message>
    <message>
      <source>auto keeps the one that is installed, at first cpu; cuda is for NVIDIA GPUs on Linux.</source>
      <translation>auto conserva la instalada, al principio cpu; cuda es para GPU de NVIDIA en Linux.</translation>
    </message>
    <message>
      <source>auto takes the prediction-powered estimate for zones with 30 points or more, the composite one for zones with fewer, the synthetic one for zones without any; the table says which.</source>
      <translation>auto toma la estimación asistida por predicciones para zonas con 30 puntos o más, la compuesta para zonas con menos y la sintética para zonas sin ninguno; la tabla indica cuál.</translation>
    </message>
    <message>
      <source>auto uses an NVIDIA GPU (CUDA) or an Apple GPU (mps) if available, otherwise the CPU.</source>
      <translation>auto usa una GPU NVIDIA (CUDA) o Apple (mps) si la hay; si no, la CPU.</translation>
    </message>
    <message>
      <source>autumn</source>
      <translation>otoño</translation>
    </message>
    <message>
      <source>bundled: Allpa's network; model: another model folder; nothing: random numbers.</source>
      <translation>bundled: la red de Allpa; model: otra carpeta de modelo; nothing: números aleatorios.</translation>
    </message>
    <message>
      <source>cloud_limit: the clearest scenes below the cloud limit of a season. as_map: as many as the annual map would take in these months.</source>
      <translation>cloud_limit: las escenas más despejadas por debajo del límite de nubes de la estación. as_map: tantas como tomaría el mapa anual en esos meses.</translation>
    </message>
    <message>
      <source>deepness.onnx runs in the QGIS plugin Deepness on a raster of digital numbers (reflectance x 10000) with the bands in the network's order, and gives the classes that Allpa gives of a single scene; the metadata in the file set Deepness up. model.onnx and model.pt take reflectance in any size. Every file is compared with the network before it is kept; export.json says what goes in and what comes out.</source>
      <translation>deepness.onnx se ejecuta en el complemento Deepness de QGIS sobre un ráster de números digitales (reflectancia x 10000) con las bandas en el orden de la red, y da las clases que Allpa da de una sola escena; los metadatos del archivo configuran Deepness. model.onnx y model.pt toman reflectancia de cualquier tamaño. Cada archivo se compara con la red antes de conservarse; export.json dice qué entra y qué sale.</translation>
    </message>
    <message>
      <source>deepness: for the plugin; onnx and torchscript: for programs of your own.</source>
      <translation>deepness: para el complemento; onnx y torchscript: para programas propios.</translation>
    </message>
    <message>
      <source>environment variable</source>
      <translation>variable de entorno</translation>
    </message>
    <message>
      <source>forest, gradient_boosting, or mlp: a perceptron of two hidden layers.</source>
      <translation>forest (bosque), gradient_boosting (potenciación del gradiente) o mlp: un perceptrón de dos capas ocultas.</translation>
    </message>
    <message>
      <source>inner_point: the point furthest from the border; random_points: several of each polygon.</source>
      <translation>inner_point: el punto más alejado del borde; random_points: varios de cada polígono.</translation>
    </message>
    <message>
      <source>its settings, of which there is no record</source>
      <translation>sus ajustes, de los que no hay registro</translation>
    </message>
    <message>
      <source>keep: used as any other. leave_out: never used. if_alone: used where a pixel shows nothing else.</source>
      <translation>keep: se usa como cualquier otra. leave_out: no se usa nunca. if_alone: se usa donde un píxel no muestra otra cosa.</translation>
    </message>
    <message>
      <source>land cover</source>
      <translation>cobertura de la tierra</translation>
    </message>
    <message>
      <source>landcover, or change for a raster of change: its strata are 'no change' and the largest transitions, and points get two classes.</source>
      <translation>landcover (cobertura), o change para un ráster de cambio: sus estratos son «sin cambio» y las transiciones mayores, y los puntos reciben dos clases.</translation>
    </message>
    <message>
      <source>learn: all for own classes; encoders: for new networks; cluster: Dask and object stores.</source>
      <translation>learn: todo para clases propias; encoders: para redes nuevas; cluster: Dask y almacenes de objetos.</translation>
    </message>
    <message>
      <source>no glibc</source>
      <translation>sin glibc</translation>
    </message>
    <message>
      <source>no scene</source>
      <translation>sin escena</translation>
    </message>
    <message>
      <source>overall for the overall accuracy, or the class whose area must be known.</source>
      <translation>overall para la exactitud global, o la clase cuya superficie debe conocerse.</translation>
    </message>
    <message>
      <source>pixels: those within; inner_point: the one at the point furthest from the border.</source>
      <translation>pixels: los de su interior; inner_point: el del punto más alejado del borde.</translation>
    </message>
    <message>
      <source>proportional to the area; equal; minimum: proportional, but at least so many points in each stratum; optimal: the smallest standard error of one class.</source>
      <translation>proportional: según la superficie; equal: igual; minimum: proporcional, con al menos tantos puntos en cada estrato; optimal: el menor error estándar de una clase.</translation>
    </message>
    <message>
      <source>separately: each tile is a task that can fail and be run again by itself, for regions of many tiles. The map is the same.</source>
      <translation>separately: cada tesela es una tarea que puede fallar y ejecutarse de nuevo por sí sola, para regiones de muchas teselas. El mapa es el mismo.</translation>
    </message>
    <message>
      <source>setting</source>
      <translation>las opciones</translation>
    </message>
    <message>
      <source>slope: no water and no built area on steep ground. persistence: what is called clouds on most clear dates is bright ground. shade: no water where other dates and the surroundings contradict it. The report says how many pixels each of them changed. None selected gives the plain vote.</source>
      <translation>slope (pendiente): ni agua ni área construida en terreno empinado. persistence (persistencia): lo que se clasifica como nube en la mayoría de las fechas despejadas es suelo brillante. shade (sombra): no hay agua donde otras fechas y el entorno lo contradicen. El informe dice cuántos píxeles cambió cada uno. Sin ninguno seleccionado, la votación es la simple.</translation>
    </message>
    <message>
      <source>spring</source>
      <translation>primavera</translation>
    </message>
    <message>
      <source>stratified: the same chance for all pixels of a stratum, so that rare classes get enough points; simple: the same chance for all pixels; systematic: a lattice with a random start.</source>
      <translation>stratified (estratificado): la misma probabilidad para todos los píxeles de un estrato, para que las clases raras tengan suficientes puntos; simple: la misma probabilidad para todos los píxeles; systematic (sistemático): una malla con inicio aleatorio.</translation>
    </message>
    <message>
      <source>summer</source>
      <translation>verano</translation>
    </message>
    <message>
      <source>table: as in the training data; balanced: all classes weigh the same; none.</source>
      <translation>table: como en los datos de entrenamiento; balanced: todas las clases pesan lo mismo; none: sin pesos.</translation>
    </message>
    <message>
      <source>weights: rows of small classes count more; down: rows of large classes are left out; up: rows of small ones are repeated; centre_of_largest: of the largest class only the labelled pixel stays; none.</source>
      <translation>weights: las filas de clases pequeñas cuentan más; down: se excluyen filas de clases grandes; up: se repiten filas de las pequeñas; centre_of_largest: de la clase más grande queda solo el píxel etiquetado; none.</translation>
    </message>
    <message>
      <source>winter</source>
      <translation>invierno</translation>
    </message>
    <message>
      <source>year: one file for each tile. month: one for each tile and month with scenes.</source>
      <translation>year: un archivo por tesela. month: uno por tesela y mes con escenas.</translation>
    </message>
    <message>
      <source>{area} ha</source>
      <translation>{area} ha</translation>
    </message>
    <message>
      <source>{count} Sentinel-2 tiles</source>
      <translation>{count} teselas de Sentinel-2</translation>
    </message>
    <message>
      <source>{km2} km² ({hectares} ha)</source>
      <translation>{km2} km² ({hectares} ha)</translation>
    </message>
    <message>
      <source>{name}: {area}</source>
      <translation>{name}: {area}</translation>
    </message>
    <message>
      <source>{} % of a scene</source>
      <translation>{} % de una escena</translation>
    </message>
    <message>
      <source>{} cannot be started.</source>
      <translation>No se puede iniciar {}.</translation>
    </message>
    <message>
      <source>{} contains no legend that can be read.</source>
      <translation>{} no contiene ninguna leyenda que se pueda leer.</translation>
    </message>
    <message>
      <source>{} exists already.</source>
      <translation>{} ya existe.</translation>
    </message>
    <message>
      <source>{} given for {} maps.</source>
      <translation>Hay {} para {} mapas.</translation>
    </message>
    <message>
      <source>{} given.</source>
      <translation>Se indicó {}.</translation>
    </message>
    <message>
      <source>{} holds no run of Allpa.</source>
      <translation>{} no contiene ninguna corrida de Allpa.</translation>
    </message>
    <message>
      <source>{} holds no scenes.</source>
      <translation>{} no contiene escenas.</translation>
    </message>
    <message>
      <source>{} holds no tiles.</source>
      <translation>{} no contiene teselas.</translation>
    </message>
    <message>
      <source>{} in true colour</source>
      <translation>{} en color verdadero</translation>
    </message>
    <message>
      <source>{} is a copy of another sample.</source>
      <translation>{} es una copia de otra muestra.</translation>
    </message>
    <message>
      <source>{} is no file of corrections.</source>
      <translation>{} no es un archivo de correcciones.</translation>
    </message>
    <message>
      <source>{} is no sample of Allpa.</source>
      <translation>{} no es una muestra de Allpa.</translation>
    </message>
    <message>
      <source>{} is not a scene list of Allpa.</source>
      <translation>{} no es una lista de escenas de Allpa.</translation>
    </message>
    <message>
      <source>{} is {}</source>
      <translation>{} es {}</translation>
    </message>
    <message>
      <source>{} of {}</source>
      <translation>{} de {}</translation>
    </message>
    <message>
      <source>{} of {} zones could not be written to the layer; feature IDs: {}.</source>
      <translation>{} de {} zonas no se pudieron escribir en la capa; ID de objeto: {}.</translation>
    </message>
    <message>
      <source>{} scenes, from {} to {}.</source>
      <translation>{} escenas, del {} al {}.</translation>
    </message>
    <message>
      <source>{} to {}</source>
      <translation>{} a {}</translation>
    </message>
    <message>
      <source>{} zones have no area and are left out; feature IDs: {}.</source>
      <translation>{} zonas no tienen superficie y se omiten; ID de objeto: {}.</translation>
    </message>
    <message>
      <source>{} zones have no polygon and are left out; feature IDs: {}.</source>
      <translation>{} zonas no tienen polígono y se omiten; ID de objeto: {}.</translation>
    </message>
    <message>
      <source>{}: clear observations</source>
      <translation>{}: observaciones despejadas</translation>
    </message>
    <message>
      <source>{}: composite ({})</source>
      <translation>{}: compuesto ({})</translation>
    </message>
  </context>
  <context>
    <name>AllpaDock</name>
    <message>
      <source>Allpa land cover</source>
      <translation>Allpa: cobertura de la tierra</translation>
    </message>
    <message>
      <source>Cancelled. What is finished is kept: Continue goes on from there.</source>
      <translation>Cancelado. Lo terminado se conserva: Continuar sigue desde ahí.</translation>
    </message>
    <message>
      <source>Open the help</source>
      <translation>Abrir la ayuda</translation>
    </message>
    <message>
      <source>The job is filled in; Continue goes on with it.</source>
      <translation>El trabajo está rellenado; Continuar lo prosigue.</translation>
    </message>
    <message>
      <source>The map is ready.</source>
      <translation>El mapa está listo.</translation>
    </message>
    <message>
      <source>The search was cancelled.</source>
      <translation>La búsqueda se canceló.</translation>
    </message>
  </context>
  <context>
    <name>AllpaOptionsPage</name>
    <message>
      <source> h</source>
      <translation> h</translation>
    </message>
    <message>
      <source> min</source>
      <translation> min</translation>
    </message>
    <message>
      <source>Address of a Nominatim service. The names that you search are sent there; empty: no place search.</source>
      <translation>Dirección de un servicio Nominatim. Los nombres que busque se envían allí; vacío: sin búsqueda de lugares.</translation>
    </message>
    <message>
      <source>After a run, the least recently used scenes are deleted until the cache fits</source>
      <translation>Tras cada ejecución se borran las escenas usadas hace más tiempo hasta que la caché quepa</translation>
    </message>
    <message>
      <source>All</source>
      <translation>Todos</translation>
    </message>
    <message>
      <source>Answers of a catalogue are used again for so long; those of past years 30 times as long</source>
      <translation>Las respuestas de un catálogo se vuelven a usar durante este tiempo; las de años pasados, 30 veces más</translation>
    </message>
    <message>
      <source>Ask each time</source>
      <translation>Consultar cada vez</translation>
    </message>
    <message>
      <source>CPU threads</source>
      <translation>Hilos de CPU</translation>
    </message>
    <message>
      <source>Cache folder</source>
      <translation>Carpeta de caché</translation>
    </message>
    <message>
      <source>Catalogue</source>
      <translation>Catálogo</translation>
    </message>
    <message>
      <source>Collected packages</source>
      <translation>Paquetes reunidos</translation>
    </message>
    <message>
      <source>Device</source>
      <translation>Dispositivo</translation>
    </message>
    <message>
      <source>End after each job</source>
      <translation>Terminar tras cada trabajo</translation>
    </message>
    <message>
      <source>Engine</source>
      <translation>Motor</translation>
    </message>
    <message>
      <source>Engine waits</source>
      <translation>Espera del motor</translation>
    </message>
    <message>
      <source>Folder for downloaded scenes, shared between runs</source>
      <translation>Carpeta para las escenas descargadas, común a todas las ejecuciones</translation>
    </message>
    <message>
      <source>From the network</source>
      <translation>Desde la red</translation>
    </message>
    <message>
      <source>Install from file</source>
      <translation>Instalar desde archivo</translation>
    </message>
    <message>
      <source>Keep catalogue answers</source>
      <translation>Conservar respuestas del catálogo</translation>
    </message>
    <message>
      <source>Maximum cache size</source>
      <translation>Tamaño máximo de la caché</translation>
    </message>
    <message>
      <source>New jobs</source>
      <translation>Trabajos nuevos</translation>
    </message>
    <message>
      <source>No limit</source>
      <translation>Sin límite</translation>
    </message>
    <message>
      <source>Place search</source>
      <translation>Búsqueda de lugares</translation>
    </message>
    <message>
      <source>Python of the engine</source>
      <translation>Python del motor</translation>
    </message>
    <message>
      <source>S3 keys</source>
      <translation>Claves S3</translation>
    </message>
    <message>
      <source>The engine runs outside QGIS, in its own Python environment, which Allpa can install for you.</source>
      <translation>El motor funciona fuera de QGIS, en su propio entorno de Python, que Allpa puede instalar.</translation>
    </message>
    <message>
      <source>The engine that Allpa installed</source>
      <translation>El motor que instaló Allpa</translation>
    </message>
    <message>
      <source>The engine waits so long for the next job, which then begins at once</source>
      <translation>El motor espera este tiempo al siguiente trabajo, que así empieza de inmediato</translation>
    </message>
    <message>
      <source>The files of {} need S3 keys, which users create in their account. Choose an authentication configuration of the method Basic: the access key is its user name, and the secret key its password. Allpa saves only the ID of the configuration; the keys stay in QGIS's encrypted store.</source>
      <translation>Los archivos de {} requieren claves S3, que cada usuario crea en su cuenta. Elija una configuración de autenticación del método Básica: la clave de acceso es el usuario, y la clave secreta, la contraseña. Allpa guarda solo el ID de la configuración; las claves quedan en el almacén cifrado de QGIS.</translation>
    </message>
    <message>
      <source>With the results of each job</source>
      <translation>Con los resultados de cada trabajo</translation>
    </message>
    <message>
      <source>Without a network: the zip or folder that 'Collect packages for another computer' has made</source>
      <translation>Sin red: el zip o la carpeta que ha hecho «Reunir los paquetes para otro equipo»</translation>
    </message>
  </context>
  <context>
    <name>AreaTableWidget</name>
    <message>
      <source>Area (ha)</source>
      <translation>Superficie (ha)</translation>
    </message>
    <message>
      <source>Class</source>
      <translation>Clase</translation>
    </message>
    <message>
      <source>Total</source>
      <translation>Total</translation>
    </message>
    <message>
      <source>{pixels} pixels</source>
      <translation>{pixels} píxeles</translation>
    </message>
    <message>
      <source>{pixels} pixels times the pixel size; on the ellipsoid {area} ha</source>
      <translation>{pixels} píxeles por el tamaño del píxel; sobre el elipsoide {area} ha</translation>
    </message>
  </context>
  <context>
    <name>BasemapOffer</name>
    <message>
      <source>Add a basemap</source>
      <translation>Agregar un mapa base</translation>
    </message>
    <message>
      <source>Adds OpenStreetMap to the project, or one of your XYZ connections. Nothing is loaded before.</source>
      <translation>Agrega OpenStreetMap al proyecto, o una de sus conexiones XYZ. Antes no se descarga nada.</translation>
    </message>
    <message>
      <source>The basemap {name} cannot be added.</source>
      <translation>No se puede agregar el mapa base {name}.</translation>
    </message>
    <message>
      <source>The map is empty.</source>
      <translation>El mapa está vacío.</translation>
    </message>
  </context>
  <context>
    <name>ChoiceWidget</name>
    <message>
      <source>None selected</source>
      <translation>Nada seleccionado</translation>
    </message>
    <message>
      <source>[optional]</source>
      <translation>[opcional]</translation>
    </message>
  </context>
  <context>
    <name>ClassMappingDialog</name>
    <message>
      <source>Choose the class of at least one value.</source>
      <translation>Elija la clase de al menos un valor.</translation>
    </message>
    <message>
      <source>Class</source>
      <translation>Clase</translation>
    </message>
    <message>
      <source>Classes of the values</source>
      <translation>Clases de los valores</translation>
    </message>
    <message>
      <source>Field</source>
      <translation>Campo</translation>
    </message>
    <message>
      <source>Points</source>
      <translation>Puntos</translation>
    </message>
    <message>
      <source>The field has more than {} different values; choose the one with the classes.</source>
      <translation>El campo tiene más de {} valores distintos; elija el que tiene las clases.</translation>
    </message>
    <message>
      <source>Value</source>
      <translation>Valor</translation>
    </message>
    <message>
      <source>Values that are left out: {}.</source>
      <translation>Valores que se omiten: {}.</translation>
    </message>
    <message>
      <source>leave out</source>
      <translation>omitir</translation>
    </message>
  </context>
  <context>
    <name>CoordinatesForm</name>
    <message>
      <source>CRS</source>
      <translation>SRC</translation>
    </message>
    <message>
      <source>Centre</source>
      <translation>Centro</translation>
    </message>
    <message>
      <source>Corner</source>
      <translation>Esquina</translation>
    </message>
    <message>
      <source>East (x) first, then north (y), in metres: 726000 8507000.</source>
      <translation>Primero este (x), luego norte (y), en metros: 726000 8507000.</translation>
    </message>
    <message>
      <source>Given as</source>
      <translation>Forma</translation>
    </message>
    <message>
      <source>Latitude first, then longitude: -13.50, -72.90 or 13°30'S 72°54'W. South and west are negative. With decimal commas, separate the two by a semicolon: -13,50; -72,90.</source>
      <translation>Primero la latitud, luego la longitud: -13.50, -72.90 o 13°30'S 72°54'O. El sur y el oeste son negativos. Con comas decimales, separe las dos con un punto y coma: -13,50; -72,90.</translation>
    </message>
    <message>
      <source>Opposite corner</source>
      <translation>Otra esquina</translation>
    </message>
    <message>
      <source>Point and radius</source>
      <translation>Punto y radio</translation>
    </message>
    <message>
      <source>Radius (km)</source>
      <translation>Radio (km)</translation>
    </message>
    <message>
      <source>The point lies outside of the area of its CRS.</source>
      <translation>El punto está fuera del ámbito de su SRC.</translation>
    </message>
    <message>
      <source>The radius is larger than {km} km.</source>
      <translation>El radio es mayor de {km} km.</translation>
    </message>
    <message>
      <source>The two corners lie on one line; a region needs an area.</source>
      <translation>Las dos esquinas están en una misma línea; una región necesita superficie.</translation>
    </message>
    <message>
      <source>These coordinates cannot be read: {text}.</source>
      <translation>No se pueden leer estas coordenadas: {text}.</translation>
    </message>
    <message>
      <source>Two corners</source>
      <translation>Dos esquinas</translation>
    </message>
    <message>
      <source>Use coordinates</source>
      <translation>Usar las coordenadas</translation>
    </message>
  </context>
  <context>
    <name>CorrectionList</name>
    <message>
      <source>Remove the selected correction</source>
      <translation>Quitar la corrección seleccionada</translation>
    </message>
  </context>
  <context>
    <name>DiagnosticsDialog</name>
    <message>
      <source>Allpa: diagnostics report</source>
      <translation>Allpa: informe de diagnóstico</translation>
    </message>
    <message>
      <source>Asking the engine…</source>
      <translation>Consultando al motor…</translation>
    </message>
    <message>
      <source>Close</source>
      <translation>Cerrar</translation>
    </message>
    <message>
      <source>Copy</source>
      <translation>Copiar</translation>
    </message>
    <message>
      <source>Save as…</source>
      <translation>Guardar como…</translation>
    </message>
    <message>
      <source>Send this report to the person who helps you. Passwords, keys, the query of addresses, your home folder and your user name are cut out; read it before you send it.</source>
      <translation>Envíe este informe a quien le ayude. Se quitan las contraseñas, las claves, las consultas de las direcciones, su carpeta personal y su nombre de usuario; léalo antes de enviarlo.</translation>
    </message>
    <message>
      <source>The report could not be saved: {}</source>
      <translation>No se pudo guardar el informe: {}</translation>
    </message>
  </context>
  <context>
    <name>DisagreementTable</name>
    <message>
      <source>Point</source>
      <translation>Punto</translation>
    </message>
    <message>
      <source>Settled</source>
      <translation>Resuelta</translation>
    </message>
    <message>
      <source>or {}</source>
      <translation>o {}</translation>
    </message>
  </context>
  <context>
    <name>EngineStatus</name>
    <message>
      <source>Cancel</source>
      <translation>Cancelar</translation>
    </message>
    <message>
      <source>Engine ready</source>
      <translation>Motor listo</translation>
    </message>
    <message>
      <source>Install engine</source>
      <translation>Instalar el motor</translation>
    </message>
    <message>
      <source>Installing the engine…</source>
      <translation>Instalando el motor…</translation>
    </message>
    <message>
      <source>Repair engine</source>
      <translation>Reparar el motor</translation>
    </message>
    <message>
      <source>The engine is not ready.</source>
      <translation>El motor no está listo.</translation>
    </message>
    <message>
      <source>Verifying the engine…</source>
      <translation>Verificando el motor…</translation>
    </message>
  </context>
  <context>
    <name>EstimateLine</name>
    <message>
      <source>Cancel estimate</source>
      <translation>Cancelar estimación</translation>
    </message>
    <message>
      <source>Estimate</source>
      <translation>Estimar</translation>
    </message>
    <message>
      <source>Only {free} are free on the disk of the output folder.</source>
      <translation>Solo hay {free} libres en el disco de la carpeta de salida.</translation>
    </message>
    <message>
      <source>Says what the run would take. No scene is downloaded.</source>
      <translation>Dice qué requeriría la ejecución. No se descarga ninguna escena.</translation>
    </message>
    <message>
      <source>The scenes cover {percent} % of the region.</source>
      <translation>Las escenas cubren el {percent} % de la región.</translation>
    </message>
    <message>
      <source>{scenes} scenes of {tiles} tiles: {fetch} to download, about {minutes} minutes on this computer, {disk} of disk space, {memory} of memory.</source>
      <translation>{scenes} escenas de {tiles} teselas: {fetch} por descargar, unos {minutes} minutos en este equipo, {disk} de espacio en disco, {memory} de memoria.</translation>
    </message>
  </context>
  <context>
    <name>FailureView</name>
    <message>
      <source>Details</source>
      <translation>Detalles</translation>
    </message>
    <message>
      <source>Diagnostics report…</source>
      <translation>Informe de diagnóstico…</translation>
    </message>
    <message>
      <source>Hide this message</source>
      <translation>Ocultar este mensaje</translation>
    </message>
    <message>
      <source>Versions, settings and log for the person who helps you, without secrets</source>
      <translation>Versiones, opciones y registro para quien le ayude, sin datos secretos</translation>
    </message>
  </context>
  <context>
    <name>FootprintLayer</name>
    <message>
      <source>Footprints</source>
      <translation>Huellas</translation>
    </message>
  </context>
  <context>
    <name>GpuStatus</name>
    <message>
      <source>Go back to the processor's engine</source>
      <translation>Volver al motor del procesador</translation>
    </message>
    <message>
      <source>Install the GPU engine</source>
      <translation>Instalar el motor para GPU</translation>
    </message>
    <message>
      <source>The engine for NVIDIA GPUs is in use.</source>
      <translation>Está en uso el motor para GPU de NVIDIA.</translation>
    </message>
    <message>
      <source>This computer has an NVIDIA GPU. The engine for it downloads {}, needs {} on disk, and is used only where it computes on the GPU; the present one is kept.</source>
      <translation>Este equipo tiene una GPU de NVIDIA. El motor para ella descarga {}, necesita {} en disco y se usa solo si calcula en la GPU; el actual se conserva.</translation>
    </message>
  </context>
  <context>
    <name>ImagesStep</name>
    <message>
      <source>A folder of composites that was made before, or the output folder of a map: then the model reads the bands of single scenes, as networks do.</source>
      <translation>Una carpeta de compuestos hecha antes, o la carpeta de salida de un mapa: entonces el modelo lee las bandas de cada escena, como las redes.</translation>
    </message>
    <message>
      <source>Folder with images</source>
      <translation>Carpeta con imágenes</translation>
    </message>
    <message>
      <source>Make seasonal composites</source>
      <translation>Hacer compuestos estacionales</translation>
    </message>
    <message>
      <source>Region and catalogue are those of the page Map.</source>
      <translation>La región y el catálogo son los de la página Mapa.</translation>
    </message>
    <message>
      <source>This folder has neither composites nor scenes. Choose the output folder of a map.</source>
      <translation>Esta carpeta no tiene compuestos ni escenas. Elija la carpeta de salida de un mapa.</translation>
    </message>
    <message>
      <source>Use this folder</source>
      <translation>Usar esta carpeta</translation>
    </message>
  </context>
  <context>
    <name>ImportDialog</name>
    <message>
      <source>Choose reference data with a table of values first.</source>
      <translation>Elija primero datos de referencia con una tabla de valores.</translation>
    </message>
    <message>
      <source>Classes of the values…</source>
      <translation>Clases de los valores…</translation>
    </message>
    <message>
      <source>Import labels</source>
      <translation>Importar etiquetas</translation>
    </message>
    <message>
      <source>Take points or polygons that were labelled elsewhere as a sample.</source>
      <translation>Tome como muestra puntos o polígonos que se etiquetaron en otra parte.</translation>
    </message>
  </context>
  <context>
    <name>JobDisplay</name>
    <message>
      <source>The map is complete; open its folder.</source>
      <translation>El mapa está completo; abra su carpeta.</translation>
    </message>
  </context>
  <context>
    <name>JobForm</name>
    <message>
      <source>Another STAC API…</source>
      <translation>Otra API STAC…</translation>
    </message>
    <message>
      <source>Catalogue</source>
      <translation>Catálogo</translation>
    </message>
    <message>
      <source>Choose an output folder.</source>
      <translation>Elija una carpeta de salida.</translation>
    </message>
    <message>
      <source>Enter the URL of the STAC API; it begins with https:// or http://.</source>
      <translation>Escriba la URL de la API STAC; empieza por https:// o http://.</translation>
    </message>
    <message>
      <source>Folder</source>
      <translation>Carpeta</translation>
    </message>
    <message>
      <source>Give the whole path of the output folder, from the root or a drive on.</source>
      <translation>Indique la ruta completa de la carpeta de salida, desde la raíz o la unidad.</translation>
    </message>
    <message>
      <source>Output folder</source>
      <translation>Carpeta de salida</translation>
    </message>
    <message>
      <source>STAC API</source>
      <translation>API STAC</translation>
    </message>
    <message>
      <source>The output folder is a file; choose another one.</source>
      <translation>La carpeta de salida es un archivo; elija otra.</translation>
    </message>
    <message>
      <source>URL of a STAC API with Sentinel-2 L2A scenes</source>
      <translation>URL de una API STAC con escenas Sentinel-2 L2A</translation>
    </message>
    <message>
      <source>Year</source>
      <translation>Año</translation>
    </message>
  </context>
  <context>
    <name>KeptSettings</name>
    <message>
      <source>As the opened job sets: {names}</source>
      <translation>Según el trabajo abierto: {names}</translation>
    </message>
    <message>
      <source>Reset</source>
      <translation>Restablecer</translation>
    </message>
    <message>
      <source>Use the usual values of these settings</source>
      <translation>Usar los valores habituales de estos ajustes</translation>
    </message>
  </context>
  <context>
    <name>LabelDetails</name>
    <message>
      <source>Confidence</source>
      <translation>Confianza</translation>
    </message>
    <message>
      <source>Note</source>
      <translation>Nota</translation>
    </message>
    <message>
      <source>Second class</source>
      <translation>Segunda clase</translation>
    </message>
    <message>
      <source>high</source>
      <translation>alta</translation>
    </message>
    <message>
      <source>low</source>
      <translation>baja</translation>
    </message>
    <message>
      <source>medium</source>
      <translation>media</translation>
    </message>
  </context>
  <context>
    <name>LabelPage</name>
    <message>
      <source>Hidden while you label, so that they do not influence you: {}.</source>
      <translation>Ocultas mientras etiqueta, para que no influyan en usted: {}.</translation>
    </message>
    <message>
      <source>There is nothing to settle: no labels differ.</source>
      <translation>No hay nada que resolver: ninguna etiqueta difiere.</translation>
    </message>
    <message>
      <source>{count} labels have a class that the legend does not know; label these points again.</source>
      <translation>{count} etiquetas tienen una clase que la leyenda no conoce; etiquete de nuevo esos puntos.</translation>
    </message>
  </context>
  <context>
    <name>LabelPanel</name>
    <message>
      <source>All {} points are labelled.</source>
      <translation>Los {} puntos están etiquetados.</translation>
    </message>
    <message>
      <source>All {} points are settled.</source>
      <translation>Los {} puntos están resueltos.</translation>
    </message>
    <message>
      <source>Earlier date: {}. Now the class of the later date.</source>
      <translation>Fecha anterior: {}. Ahora la clase de la fecha posterior.</translation>
    </message>
    <message>
      <source>Finish</source>
      <translation>Terminar</translation>
    </message>
    <message>
      <source>Keys: 1–9, 0 · C confidence · N note · ← → scene</source>
      <translation>Teclas: 1–9, 0 · C confianza · N nota · ← → escena</translation>
    </message>
    <message>
      <source>Leave; all labels are saved</source>
      <translation>Salir; todas las etiquetas están guardadas</translation>
    </message>
    <message>
      <source>Next point (Page down)</source>
      <translation>Punto siguiente (Av Pág)</translation>
    </message>
    <message>
      <source>Point {point} · {labelled} of {count} labelled</source>
      <translation>Punto {point} · {labelled} de {count}</translation>
    </message>
    <message>
      <source>Point {point} · {labelled} of {count} settled</source>
      <translation>Punto {point} · {labelled} de {count} resueltos</translation>
    </message>
    <message>
      <source>Previous point (Page up)</source>
      <translation>Punto anterior (Re Pág)</translation>
    </message>
    <message>
      <source>Type the class of the earlier date, then that of the later one.</source>
      <translation>Teclee la clase de la fecha anterior y luego la de la posterior.</translation>
    </message>
    <message>
      <source>Undo the last label (Backspace)</source>
      <translation>Deshacer la última etiqueta (Retroceso)</translation>
    </message>
    <message>
      <source>Zoom to the point (Z)</source>
      <translation>Acercar al punto (Z)</translation>
    </message>
  </context>
  <context>
    <name>LabelsStep</name>
    <message>
      <source>Choose a layer</source>
      <translation>Elija una capa</translation>
    </message>
    <message>
      <source>Class field</source>
      <translation>Campo de clase</translation>
    </message>
    <message>
      <source>File</source>
      <translation>Archivo</translation>
    </message>
    <message>
      <source>Labels</source>
      <translation>Etiquetas</translation>
    </message>
    <message>
      <source>Layer of the project</source>
      <translation>Capa del proyecto</translation>
    </message>
    <message>
      <source>Legend from a file</source>
      <translation>Leyenda de un archivo</translation>
    </message>
    <message>
      <source>Legends, styles and tables</source>
      <translation>Leyendas, estilos y tablas</translation>
    </message>
    <message>
      <source>Points or polygons of known land, with a field that says their class. At least two classes.</source>
      <translation>Puntos o polígonos de terreno conocido, con un campo que dice su clase. Al menos dos clases.</translation>
    </message>
    <message>
      <source>The values are being read; wait a moment.</source>
      <translation>Se están leyendo los valores; espere un momento.</translation>
    </message>
    <message>
      <source>These labels name no CRS. Set it in the properties of the layer, or in step 3.</source>
      <translation>Estas etiquetas no indican un SRC. Defínalo en las propiedades de la capa, o en el paso 3.</translation>
    </message>
    <message>
      <source>This field has over 200 different values. Choose the one with the classes.</source>
      <translation>Este campo tiene más de 200 valores distintos. Elija el que contiene las clases.</translation>
    </message>
    <message>
      <source>This field is empty. Choose the one with the classes.</source>
      <translation>Este campo está vacío. Elija el que contiene las clases.</translation>
    </message>
    <message>
      <source>This file cannot be read as a layer. Choose points or polygons with a table.</source>
      <translation>Este archivo no se puede leer como capa. Elija puntos o polígonos con una tabla.</translation>
    </message>
    <message>
      <source>Use these labels</source>
      <translation>Usar estas etiquetas</translation>
    </message>
    <message>
      <source>Vector files and tables</source>
      <translation>Archivos vectoriales y tablas</translation>
    </message>
  </context>
  <context>
    <name>LayerSource</name>
    <message>
      <source>Choose a layer</source>
      <translation>Elija una capa</translation>
    </message>
    <message>
      <source>Name field</source>
      <translation>Campo del nombre</translation>
    </message>
    <message>
      <source>Selected features only</source>
      <translation>Solo objetos seleccionados</translation>
    </message>
    <message>
      <source>The region follows the selection</source>
      <translation>La región sigue la selección</translation>
    </message>
    <message>
      <source>The region gets the names of its features from this field</source>
      <translation>La región toma de este campo los nombres de sus objetos espaciales</translation>
    </message>
  </context>
  <context>
    <name>LearnPage</name>
    <message>
      <source>Choose a work folder.</source>
      <translation>Elija una carpeta de trabajo.</translation>
    </message>
    <message>
      <source>Correct a map by clicks; needs none of the steps above</source>
      <translation>Corrija un mapa con clics; no necesita ninguno de los pasos anteriores</translation>
    </message>
    <message>
      <source>Draw the region on the page Map first.</source>
      <translation>Dibuje primero la región en la página Mapa.</translation>
    </message>
    <message>
      <source>Everything that is made here lies in it; the project remembers it</source>
      <translation>Todo lo que se hace aquí queda en ella; el proyecto la recuerda</translation>
    </message>
    <message>
      <source>Images</source>
      <translation>Imágenes</translation>
    </message>
    <message>
      <source>Labels</source>
      <translation>Etiquetas</translation>
    </message>
    <message>
      <source>Map</source>
      <translation>Mapa</translation>
    </message>
    <message>
      <source>Map classes of your own: labels and images become training data, a model, and a map.</source>
      <translation>Cartografíe clases propias: de etiquetas e imágenes salen datos de entrenamiento, un modelo y un mapa.</translation>
    </message>
    <message>
      <source>Model</source>
      <translation>Modelo</translation>
    </message>
    <message>
      <source>Own classes</source>
      <translation>Clases propias</translation>
    </message>
    <message>
      <source>Reads the images at the labels, balances the classes, and searches labels that look wrong.</source>
      <translation>Lee las imágenes en las etiquetas, equilibra las clases y busca etiquetas que parecen erróneas.</translation>
    </message>
    <message>
      <source>Teach by clicking</source>
      <translation>Enseñar con clics</translation>
    </message>
    <message>
      <source>The map is ready.</source>
      <translation>El mapa está listo.</translation>
    </message>
    <message>
      <source>This step needs the results of: {}.</source>
      <translation>Este paso necesita los resultados de: {}.</translation>
    </message>
    <message>
      <source>Training data</source>
      <translation>Datos de entrenamiento</translation>
    </message>
    <message>
      <source>Work folder</source>
      <translation>Carpeta de trabajo</translation>
    </message>
    <message>
      <source>changed: {}</source>
      <translation>cambió: {}</translation>
    </message>
  </context>
  <context>
    <name>LegendEditor</name>
    <message>
      <source>Choose labels and the field with their classes.</source>
      <translation>Elija etiquetas y el campo con sus clases.</translation>
    </message>
    <message>
      <source>Class</source>
      <translation>Clase</translation>
    </message>
    <message>
      <source>Code</source>
      <translation>Código</translation>
    </message>
    <message>
      <source>Colour of {}</source>
      <translation>Color de {}</translation>
    </message>
    <message>
      <source>Colour…</source>
      <translation>Color…</translation>
    </message>
    <message>
      <source>Few labels: the class is hard to learn, and its accuracy hard to estimate.</source>
      <translation>Pocas etiquetas: la clase es difícil de aprender, y su exactitud difícil de estimar.</translation>
    </message>
    <message>
      <source>From a file…</source>
      <translation>De un archivo…</translation>
    </message>
    <message>
      <source>Labels</source>
      <translation>Etiquetas</translation>
    </message>
    <message>
      <source>Makes one class of the selected ones; it keeps the name with most labels</source>
      <translation>Hace una sola clase de las seleccionadas; conserva el nombre con más etiquetas</translation>
    </message>
    <message>
      <source>Merge</source>
      <translation>Unir</translation>
    </message>
    <message>
      <source>Names, codes and colours of legend.json, a style (QML), or a table with code, name and color</source>
      <translation>Nombres, códigos y colores de legend.json, de un estilo (QML), o de una tabla con código, nombre y color</translation>
    </message>
    <message>
      <source>Values: {values}. Unchecked: these labels are left out.</source>
      <translation>Valores: {values}. Sin marcar: estas etiquetas se excluyen.</translation>
    </message>
  </context>
  <context>
    <name>MapPage</name>
    <message>
      <source>Options</source>
      <translation>Opciones</translation>
    </message>
    <message>
      <source>Past jobs</source>
      <translation>Trabajos anteriores</translation>
    </message>
    <message>
      <source>Results</source>
      <translation>Resultados</translation>
    </message>
    <message>
      <source>Scenes</source>
      <translation>Escenas</translation>
    </message>
    <message>
      <source>When and what</source>
      <translation>Cuándo y qué</translation>
    </message>
    <message>
      <source>Where</source>
      <translation>Dónde</translation>
    </message>
    <message>
      <source>Zones</source>
      <translation>Zonas</translation>
    </message>
  </context>
  <context>
    <name>MapStep</name>
    <message>
      <source>From composites</source>
      <translation>Desde compuestos</translation>
    </message>
    <message>
      <source>From scenes</source>
      <translation>Desde escenas</translation>
    </message>
    <message>
      <source>Region and catalogue are those of the page Map; each scene is classified by the model.</source>
      <translation>La región y el catálogo son los de la página Mapa; el modelo clasifica cada escena.</translation>
    </message>
    <message>
      <source>The composites may be those of another region or year, with the same seasons and bands.</source>
      <translation>Los compuestos pueden ser de otra región u otro año, con las mismas estaciones y bandas.</translation>
    </message>
  </context>
  <context>
    <name>ModelStep</name>
    <message>
      <source>Gradient boosting</source>
      <translation>Potenciación del gradiente</translation>
    </message>
    <message>
      <source>Learns from chips, so the training data need them: set a side of chips in step 3.</source>
      <translation>Aprende de recortes, así que los datos de entrenamiento los necesitan: indique el lado de los recortes en el paso 3.</translation>
    </message>
    <message>
      <source>Learns from single pixels; validated by blocks of land that it did not see.</source>
      <translation>Aprende de píxeles sueltos; se valida con bloques de terreno que no vio.</translation>
    </message>
    <message>
      <source>Network</source>
      <translation>Red neuronal</translation>
    </message>
    <message>
      <source>Perceptron</source>
      <translation>Perceptrón</translation>
    </message>
    <message>
      <source>Random forest</source>
      <translation>Bosque aleatorio</translation>
    </message>
  </context>
  <context>
    <name>ModelView</name>
    <message>
      <source>Fewer features</source>
      <translation>Menos variables</translation>
    </message>
    <message>
      <source>Gradient boosting</source>
      <translation>Potenciación del gradiente</translation>
    </message>
    <message>
      <source>Importance of features</source>
      <translation>Importancia de las variables</translation>
    </message>
    <message>
      <source>Network</source>
      <translation>Red neuronal</translation>
    </message>
    <message>
      <source>Network with an encoder</source>
      <translation>Red con codificador</translation>
    </message>
    <message>
      <source>Overall accuracy on blocks that it did not see</source>
      <translation>Exactitud global en bloques que no vio</translation>
    </message>
    <message>
      <source>Overall accuracy on independent labels</source>
      <translation>Exactitud global con etiquetas independientes</translation>
    </message>
    <message>
      <source>Overall accuracy out of bag</source>
      <translation>Exactitud global fuera de bolsa</translation>
    </message>
    <message>
      <source>Perceptron</source>
      <translation>Perceptrón</translation>
    </message>
    <message>
      <source>Random forest</source>
      <translation>Bosque aleatorio</translation>
    </message>
    <message>
      <source>Report</source>
      <translation>Informe</translation>
    </message>
    <message>
      <source>SHAP values</source>
      <translation>Valores SHAP</translation>
    </message>
    <message>
      <source>Training curve</source>
      <translation>Curva de entrenamiento</translation>
    </message>
    <message>
      <source>predicted \ labelled</source>
      <translation>predicha \ etiquetada</translation>
    </message>
    <message>
      <source>{kind}, {count} features</source>
      <translation>{kind}, {count} variables</translation>
    </message>
  </context>
  <context>
    <name>OptionsBox</name>
    <message>
      <source>After the vote, the year's vegetation decides between grass and crops, in temperate Europe.</source>
      <translation>Después del voto, la vegetación del año decide entre pastos y cultivos, en la Europa templada.</translation>
    </message>
    <message>
      <source>All</source>
      <translation>Todos</translation>
    </message>
    <message>
      <source>All class probabilities of a scene vote, not only its most probable class.</source>
      <translation>Votan todas las probabilidades de clase de cada escena, no solo su clase más probable.</translation>
    </message>
    <message>
      <source>Also masks pixels around clouds and cloud shadows.</source>
      <translation>Enmascara también los píxeles alrededor de nubes y sombras de nubes.</translation>
    </message>
    <message>
      <source>Annual decision (grass or crops)</source>
      <translation>Decisión anual (pasto o cultivos)</translation>
    </message>
    <message>
      <source>Bundled model</source>
      <translation>Modelo incluido</translation>
    </message>
    <message>
      <source>CRS</source>
      <translation>SRC</translation>
    </message>
    <message>
      <source>Changed: {names}</source>
      <translation>Cambiado: {names}</translation>
    </message>
    <message>
      <source>Checks the months of a season; scenes of the year chosen above are used</source>
      <translation>Marca los meses de una estación; se usan escenas del año elegido arriba</translation>
    </message>
    <message>
      <source>Chosen months</source>
      <translation>Meses elegidos</translation>
    </message>
    <message>
      <source>Class weights</source>
      <translation>Pesos de clase</translation>
    </message>
    <message>
      <source>Clear observations</source>
      <translation>Observaciones despejadas</translation>
    </message>
    <message>
      <source>Defaults</source>
      <translation>Predeterminadas</translation>
    </message>
    <message>
      <source>Device</source>
      <translation>Dispositivo</translation>
    </message>
    <message>
      <source>Dilate cloud mask</source>
      <translation>Dilatar la máscara de nubes</translation>
    </message>
    <message>
      <source>Dry season of the Andes (May to September)</source>
      <translation>Época seca de los Andes (mayo a setiembre)</translation>
    </message>
    <message>
      <source>Folder of a model that you have trained or received</source>
      <translation>Carpeta de un modelo que haya entrenado o recibido</translation>
    </message>
    <message>
      <source>Gives every month the same weight, regardless of its number of scenes.</source>
      <translation>Da a todos los meses el mismo peso, sin importar su número de escenas.</translation>
    </message>
    <message>
      <source>Map CRS</source>
      <translation>SRC del mapa</translation>
    </message>
    <message>
      <source>Maximum cloud cover</source>
      <translation>Nubosidad máxima</translation>
    </message>
    <message>
      <source>Maximum scenes per tile</source>
      <translation>Máximo de escenas por tesela</translation>
    </message>
    <message>
      <source>Minimum patch</source>
      <translation>Parche mínimo</translation>
    </message>
    <message>
      <source>Model folder</source>
      <translation>Carpeta del modelo</translation>
    </message>
    <message>
      <source>Months</source>
      <translation>Meses</translation>
    </message>
    <message>
      <source>More scenes give a more stable map but take longer</source>
      <translation>Más escenas dan un mapa más estable, pero tardan más</translation>
    </message>
    <message>
      <source>None</source>
      <translation>Ninguno</translation>
    </message>
    <message>
      <source>Only scenes of these months are used; all if none is selected</source>
      <translation>Solo se usan escenas de estos meses; todos si no se marca ninguno</translation>
    </message>
    <message>
      <source>Own model</source>
      <translation>Modelo propio</translation>
    </message>
    <message>
      <source>Rainy season of the Andes (October to April)</source>
      <translation>Época de lluvias de los Andes (octubre a abril)</translation>
    </message>
    <message>
      <source>Scenes with higher cloud cover over the whole tile are ignored</source>
      <translation>Las escenas con más nubosidad en toda la tesela se ignoran</translation>
    </message>
    <message>
      <source>Season</source>
      <translation>Estación</translation>
    </message>
    <message>
      <source>Smaller patches are replaced by the surrounding class</source>
      <translation>Los parches menores toman la clase que los rodea</translation>
    </message>
    <message>
      <source>Soft voting</source>
      <translation>Voto suave</translation>
    </message>
    <message>
      <source>Target number of cloud-free observations per pixel; scenes are added until nearly all reach it</source>
      <translation>Meta de observaciones sin nubes por píxel; se agregan escenas hasta que casi todos la alcancen</translation>
    </message>
    <message>
      <source>UTM zone of the region</source>
      <translation>Zona UTM de la región</translation>
    </message>
    <message>
      <source>Weight months equally</source>
      <translation>Igualar el peso de los meses</translation>
    </message>
    <message>
      <source>Whole year</source>
      <translation>Todo el año</translation>
    </message>
    <message>
      <source>months</source>
      <translation>meses</translation>
    </message>
    <message>
      <source>others</source>
      <translation>otros</translation>
    </message>
    <message>
      <source>own model</source>
      <translation>modelo propio</translation>
    </message>
    <message>
      <source>scenes</source>
      <translation>escenas</translation>
    </message>
    <message>
      <source>smoothing</source>
      <translation>suavizado</translation>
    </message>
    <message>
      <source>votes</source>
      <translation>votos</translation>
    </message>
    <message>
      <source>{first} to {last}</source>
      <translation>{first} a {last}</translation>
    </message>
  </context>
  <context>
    <name>PartsStatus</name>
    <message>
      <source>Cancel</source>
      <translation>Cancelar</translation>
    </message>
    <message>
      <source>Encoders for new networks are damaged.</source>
      <translation>Los codificadores para redes nuevas están dañados.</translation>
    </message>
    <message>
      <source>Encoders for new networks are installed.</source>
      <translation>Los codificadores para redes nuevas están instalados.</translation>
    </message>
    <message>
      <source>Encoders for new networks are not installed.</source>
      <translation>Los codificadores para redes nuevas no están instalados.</translation>
    </message>
    <message>
      <source>Encoders for new networks are of another version of Allpa.</source>
      <translation>Los codificadores para redes nuevas son de otra versión de Allpa.</translation>
    </message>
    <message>
      <source>Install encoders</source>
      <translation>Instalar codificadores</translation>
    </message>
    <message>
      <source>Install the parts for own classes</source>
      <translation>Instalar los componentes</translation>
    </message>
    <message>
      <source>Installing the parts…</source>
      <translation>Instalando los componentes…</translation>
    </message>
    <message>
      <source>Repair</source>
      <translation>Reparar</translation>
    </message>
    <message>
      <source>The parts for own classes are damaged.</source>
      <translation>Los componentes para clases propias están dañados.</translation>
    </message>
    <message>
      <source>The parts for own classes are installed.</source>
      <translation>Los componentes para clases propias están instalados.</translation>
    </message>
    <message>
      <source>The parts for own classes are not installed.</source>
      <translation>Los componentes para clases propias no están instalados.</translation>
    </message>
    <message>
      <source>The parts for own classes are of another version of Allpa.</source>
      <translation>Los componentes para clases propias son de otra versión de Allpa.</translation>
    </message>
    <message>
      <source>Verify</source>
      <translation>Verificar</translation>
    </message>
    <message>
      <source>{download} are downloaded, and {disk} are needed on disk.</source>
      <translation>Se descargan {download} y se necesitan {disk} en disco.</translation>
    </message>
  </context>
  <context>
    <name>PastJobsView</name>
    <message>
      <source>Add the folder of another job</source>
      <translation>Agregar la carpeta de otro trabajo</translation>
    </message>
    <message>
      <source>Add the folder of another job…</source>
      <translation>Agregar la carpeta de otro trabajo…</translation>
    </message>
    <message>
      <source>Job</source>
      <translation>Trabajo</translation>
    </message>
    <message>
      <source>Jobs that were run here are listed here, also after a restart of QGIS.</source>
      <translation>Aquí se listan los trabajos ejecutados, también después de reiniciar QGIS.</translation>
    </message>
    <message>
      <source>Open</source>
      <translation>Abrir</translation>
    </message>
    <message>
      <source>Show the map, its table, chart and report again, and fill in all that the job was run with</source>
      <translation>Mostrar de nuevo el mapa, su tabla, gráfico e informe, y rellenar todo aquello con lo que se ejecutó el trabajo</translation>
    </message>
    <message>
      <source>State</source>
      <translation>Estado</translation>
    </message>
    <message>
      <source>Take the job off the list; its files stay</source>
      <translation>Quitar el trabajo de la lista; sus archivos se conservan</translation>
    </message>
    <message>
      <source>The folder {} holds no map of Allpa.</source>
      <translation>La carpeta {} no contiene ningún mapa de Allpa.</translation>
    </message>
    <message>
      <source>The folder {} is not there. If it was moved, add it where it lies now: the job stands there then.</source>
      <translation>La carpeta {} no está. Si se movió, añádala donde está ahora: el trabajo queda entonces allí.</translation>
    </message>
    <message>
      <source>files are missing</source>
      <translation>faltan archivos</translation>
    </message>
    <message>
      <source>folder is missing</source>
      <translation>falta la carpeta</translation>
    </message>
    <message>
      <source>not finished</source>
      <translation>sin terminar</translation>
    </message>
  </context>
  <context>
    <name>PlaceSearch</name>
    <message>
      <source>Name of a place</source>
      <translation>Nombre de un lugar</translation>
    </message>
    <message>
      <source>No place of this name was found.</source>
      <translation>No se encontró ningún lugar con este nombre.</translation>
    </message>
    <message>
      <source>Search</source>
      <translation>Buscar</translation>
    </message>
    <message>
      <source>Searching {place}</source>
      <translation>Buscando {place}</translation>
    </message>
    <message>
      <source>The place search failed: {reason}</source>
      <translation>Falló la búsqueda de lugares: {reason}</translation>
    </message>
    <message>
      <source>Use its bounds as the region</source>
      <translation>Usar sus límites como región</translation>
    </message>
  </context>
  <context>
    <name>PolygonTool</name>
    <message>
      <source>A polygon needs at least three corners; click one more.</source>
      <translation>Un polígono necesita al menos tres vértices; haga clic en uno más.</translation>
    </message>
  </context>
  <context>
    <name>PreviewView</name>
    <message>
      <source> Without a picture: {count}.</source>
      <translation> Sin imagen: {count}.</translation>
    </message>
    <message>
      <source>On the map</source>
      <translation>En el mapa</translation>
    </message>
    <message>
      <source>Pictures: {count}.</source>
      <translation>Imágenes: {count}.</translation>
    </message>
    <message>
      <source>Quick look {}</source>
      <translation>Vista rápida {}</translation>
    </message>
    <message>
      <source>Show the picture of the current scene on the map</source>
      <translation>Mostrar en el mapa la imagen de la escena actual</translation>
    </message>
  </context>
  <context>
    <name>RectangleTool</name>
    <message>
      <source>Press the mouse button, drag to the opposite corner, and release it.</source>
      <translation>Presione el botón del ratón, arrastre hasta la esquina opuesta y suéltelo.</translation>
    </message>
  </context>
  <context>
    <name>RegionInput</name>
    <message>
      <source>Clear region</source>
      <translation>Borrar la región</translation>
    </message>
    <message>
      <source>Click the corners of a polygon on the map</source>
      <translation>Haga clic en los vértices de un polígono en el mapa</translation>
    </message>
    <message>
      <source>Click the corners on the map. Right click or Enter closes, Backspace removes a corner, Esc cancels.</source>
      <translation>Haga clic en los vértices en el mapa. Clic derecho o Intro cierra, Retroceso quita un vértice, Esc cancela.</translation>
    </message>
    <message>
      <source>Coordinates</source>
      <translation>Coordenadas</translation>
    </message>
    <message>
      <source>Drag a rectangle on the map</source>
      <translation>Arrastre un rectángulo en el mapa</translation>
    </message>
    <message>
      <source>Drag a rectangle on the map. Esc cancels.</source>
      <translation>Arrastre un rectángulo en el mapa. Esc cancela.</translation>
    </message>
    <message>
      <source>Draw a region on the map, or use a layer or the map canvas extent.</source>
      <translation>Dibuje una región en el mapa, o use una capa o la extensión de la vista del mapa.</translation>
    </message>
    <message>
      <source>Extent</source>
      <translation>Extensión</translation>
    </message>
    <message>
      <source>Find a place by its name, with the service that the options name</source>
      <translation>Buscar un lugar por su nombre, con el servicio indicado en las opciones</translation>
    </message>
    <message>
      <source>Layer</source>
      <translation>Capa</translation>
    </message>
    <message>
      <source>Place</source>
      <translation>Lugar</translation>
    </message>
    <message>
      <source>Polygon</source>
      <translation>Polígono</translation>
    </message>
    <message>
      <source>Rectangle</source>
      <translation>Rectángulo</translation>
    </message>
    <message>
      <source>Set a region first: draw it, or use a layer or the map canvas extent.</source>
      <translation>Indique primero una región: dibújela, o use una capa o la extensión de la vista del mapa.</translation>
    </message>
    <message>
      <source>The region is being read; wait a moment.</source>
      <translation>Se está leyendo la región; espere un momento.</translation>
    </message>
    <message>
      <source>Type the corners of a rectangle, or a point and a radius</source>
      <translation>Escribir las esquinas de un rectángulo, o un punto y un radio</translation>
    </message>
    <message>
      <source>Use map canvas extent</source>
      <translation>Usar la extensión de la vista del mapa</translation>
    </message>
    <message>
      <source>Use the polygons of a layer, or its selected ones</source>
      <translation>Usar los polígonos de una capa, o los seleccionados</translation>
    </message>
    <message>
      <source>Zoom to the region</source>
      <translation>Zoom a la región</translation>
    </message>
  </context>
  <context>
    <name>ResultsView</name>
    <message>
      <source>Command</source>
      <translation>Comando</translation>
    </message>
    <message>
      <source>Command Prompt (cmd)</source>
      <translation>Símbolo del sistema (cmd)</translation>
    </message>
    <message>
      <source>Command copied to clipboard.</source>
      <translation>Comando copiado al portapapeles.</translation>
    </message>
    <message>
      <source>Copy for {}</source>
      <translation>Copiar para {}</translation>
    </message>
    <message>
      <source>Copy the qgis_process command that repeats this job</source>
      <translation>Copiar el comando qgis_process que repite este trabajo</translation>
    </message>
    <message>
      <source>Folder</source>
      <translation>Carpeta</translation>
    </message>
    <message>
      <source>Open the folder with the map, the table and the report</source>
      <translation>Abrir la carpeta con el mapa, la tabla y el informe</translation>
    </message>
    <message>
      <source>Open the report in the browser</source>
      <translation>Abrir el informe en el navegador</translation>
    </message>
    <message>
      <source>Report</source>
      <translation>Informe</translation>
    </message>
    <message>
      <source>Table, chart and report of a map stand here when it is made.</source>
      <translation>Aquí aparecen la tabla, el gráfico y el informe del mapa cuando está hecho.</translation>
    </message>
    <message>
      <source>not readable: {count}</source>
      <translation>ilegibles: {count}</translation>
    </message>
    <message>
      <source>scenes: {count}</source>
      <translation>escenas: {count}</translation>
    </message>
    <message>
      <source>{area} ha</source>
      <translation>{area} ha</translation>
    </message>
    <message>
      <source>{percent} % mapped</source>
      <translation>{percent} % cartografiado</translation>
    </message>
  </context>
  <context>
    <name>RunFooter</name>
    <message>
      <source>Cancel</source>
      <translation>Cancelar</translation>
    </message>
    <message>
      <source>Continue</source>
      <translation>Continuar</translation>
    </message>
    <message>
      <source>Goes on where the job was cancelled</source>
      <translation>Sigue desde donde se canceló el trabajo</translation>
    </message>
    <message>
      <source>Make the map</source>
      <translation>Elaborar el mapa</translation>
    </message>
    <message>
      <source>Run</source>
      <translation>Ejecutar</translation>
    </message>
    <message>
      <source>Starting…</source>
      <translation>Iniciando…</translation>
    </message>
    <message>
      <source>Stopping…</source>
      <translation>Deteniendo…</translation>
    </message>
    <message>
      <source>Stops here. What is finished is kept, also for a pause: Continue goes on from there.</source>
      <translation>Detiene el trabajo aquí. Lo terminado se conserva, también para una pausa: Continuar sigue desde ahí.</translation>
    </message>
  </context>
  <context>
    <name>SceneBox</name>
    <message>
      <source>No scene covers this point.</source>
      <translation>Ninguna escena cubre este punto.</translation>
    </message>
    <message>
      <source>Reading scenes…</source>
      <translation>Leyendo escenas…</translation>
    </message>
    <message>
      <source>Show the classes of single scenes</source>
      <translation>Mostrar las clases de cada escena</translation>
    </message>
    <message>
      <source>There are no scenes in the folder.</source>
      <translation>No hay escenas en la carpeta.</translation>
    </message>
    <message>
      <source>They come from the same network as the map: labels that follow them make the map seem better.</source>
      <translation>Vienen de la misma red que el mapa: las etiquetas que las siguen hacen que el mapa parezca mejor.</translation>
    </message>
  </context>
  <context>
    <name>SceneListBox</name>
    <message>
      <source>, about {size} MB to download</source>
      <translation>; unos {size} MB por descargar</translation>
    </message>
    <message>
      <source>All</source>
      <translation>Todas</translation>
    </message>
    <message>
      <source>Check all scenes</source>
      <translation>Marcar todas las escenas</translation>
    </message>
    <message>
      <source>Check the scenes that the search selected</source>
      <translation>Marcar las escenas que eligió la búsqueda</translation>
    </message>
    <message>
      <source>Clear the list (scenes are then selected automatically)</source>
      <translation>Vaciar la lista (las escenas se eligen entonces automáticamente)</translation>
    </message>
    <message>
      <source>Fetch small pictures of the checked scenes</source>
      <translation>Obtener imágenes pequeñas de las escenas marcadas</translation>
    </message>
    <message>
      <source>Find scenes</source>
      <translation>Buscar escenas</translation>
    </message>
    <message>
      <source>Load a scene list</source>
      <translation>Cargar una lista de escenas</translation>
    </message>
    <message>
      <source>Load a scene list…</source>
      <translation>Cargar una lista de escenas…</translation>
    </message>
    <message>
      <source>No scene is checked: check at least one, or clear the list.</source>
      <translation>No hay ninguna escena marcada: marque al menos una, o vacíe la lista.</translation>
    </message>
    <message>
      <source>None</source>
      <translation>Ninguna</translation>
    </message>
    <message>
      <source>Proposed</source>
      <translation>Propuestas</translation>
    </message>
    <message>
      <source>Quick looks</source>
      <translation>Vistas rápidas</translation>
    </message>
    <message>
      <source>Save the scene list</source>
      <translation>Guardar la lista de escenas</translation>
    </message>
    <message>
      <source>Save the scene list…</source>
      <translation>Guardar la lista de escenas…</translation>
    </message>
    <message>
      <source>Scene list saved as {name}.</source>
      <translation>Lista de escenas guardada como {name}.</translation>
    </message>
    <message>
      <source>Scene lists</source>
      <translation>Listas de escenas</translation>
    </message>
    <message>
      <source>Scenes</source>
      <translation>Escenas</translation>
    </message>
    <message>
      <source>Scenes are selected automatically. Use Find scenes to review and change the selection.</source>
      <translation>Las escenas se eligen automáticamente. Use Buscar escenas para revisar y cambiar la selección.</translation>
    </message>
    <message>
      <source>Search the catalogue and list the scenes, without downloading them</source>
      <translation>Buscar en el catálogo y listar las escenas, sin descargarlas</translation>
    </message>
    <message>
      <source>Selected automatically</source>
      <translation>Selección automática</translation>
    </message>
    <message>
      <source>Show the footprints on the map</source>
      <translation>Mostrar las huellas en el mapa</translation>
    </message>
    <message>
      <source>Show the scenes in a window of their own, or here again</source>
      <translation>Mostrar las escenas en una ventana propia, o de nuevo aquí</translation>
    </message>
    <message>
      <source>The list is outdated</source>
      <translation>La lista está desactualizada</translation>
    </message>
    <message>
      <source>The scene list is outdated: region, year or options have changed. Find scenes again, or clear the list.</source>
      <translation>La lista de escenas no está al día: cambió la región, el año o las opciones. Busque escenas de nuevo, o vacíe la lista.</translation>
    </message>
    <message>
      <source>The scene list {name} belongs to another region.</source>
      <translation>La lista de escenas {name} es de otra región.</translation>
    </message>
    <message>
      <source>The scene list {name} belongs to {years}, not to {year}.</source>
      <translation>La lista de escenas {name} es de {years}, no de {year}.</translation>
    </message>
    <message>
      <source>Uncheck all scenes; only those that you check then are used</source>
      <translation>Desmarcar todas las escenas; solo se usan las que marque después</translation>
    </message>
    <message>
      <source>Zoom to the footprints of the selected scenes, or of all</source>
      <translation>Zoom a las huellas de las escenas seleccionadas, o de todas</translation>
    </message>
    <message>
      <source>{chosen} of {found} checked</source>
      <translation>{chosen} de {found} marcadas</translation>
    </message>
    <message>
      <source>{chosen} of {found} scenes checked</source>
      <translation>{chosen} de {found} escenas marcadas</translation>
    </message>
    <message>
      <source>⚠ The scene list is outdated: region, year or options have changed. Find scenes again.</source>
      <translation>⚠ La lista de escenas no está al día: cambió la región, el año o las opciones. Busque escenas de nuevo.</translation>
    </message>
  </context>
  <context>
    <name>SceneListLoading</name>
    <message>
      <source>Scenes</source>
      <translation>Escenas</translation>
    </message>
  </context>
  <context>
    <name>SceneListModel</name>
    <message>
      <source>Acquisition date (UTC)</source>
      <translation>Fecha de adquisición (UTC)</translation>
    </message>
    <message>
      <source>Checked scenes are downloaded</source>
      <translation>Las escenas marcadas se descargan</translation>
    </message>
    <message>
      <source>Clear</source>
      <translation>Despej.</translation>
    </message>
    <message>
      <source>Clear share of the region's part in the tile</source>
      <translation>Parte despejada de la superficie de la región en la tesela</translation>
    </message>
    <message>
      <source>Cloud</source>
      <translation>Nubes</translation>
    </message>
    <message>
      <source>Cloud and shadow over the region; in italics, cloud over the whole tile</source>
      <translation>Nubes y sombras en la región; en cursiva, nubosidad en toda la tesela</translation>
    </message>
    <message>
      <source>Date</source>
      <translation>Fecha</translation>
    </message>
    <message>
      <source>Estimated download for the region</source>
      <translation>Descarga estimada para la región</translation>
    </message>
    <message>
      <source>MB</source>
      <translation>MB</translation>
    </message>
    <message>
      <source>Orbit</source>
      <translation>Órbita</translation>
    </message>
    <message>
      <source>Reason</source>
      <translation>Motivo</translation>
    </message>
    <message>
      <source>Satellite and its relative orbit</source>
      <translation>Satélite y su órbita relativa</translation>
    </message>
    <message>
      <source>Sentinel-2 tile</source>
      <translation>Tesela de Sentinel-2</translation>
    </message>
    <message>
      <source>Tile</source>
      <translation>Tesela</translation>
    </message>
    <message>
      <source>Why the scene is chosen or not</source>
      <translation>Por qué la escena se eligió o no</translation>
    </message>
    <message>
      <source>chosen</source>
      <translation>elegida</translation>
    </message>
    <message>
      <source>chosen by hand</source>
      <translation>elegida a mano</translation>
    </message>
    <message>
      <source>excluded by hand</source>
      <translation>excluida a mano</translation>
    </message>
    <message>
      <source>not chosen</source>
      <translation>no elegida</translation>
    </message>
    <message>
      <source>{decision} (search: {reason})</source>
      <translation>{decision} (búsqueda: {reason})</translation>
    </message>
  </context>
  <context>
    <name>SceneListTable</name>
    <message>
      <source>Candidates</source>
      <translation>Candidatas</translation>
    </message>
    <message>
      <source>Space checks or unchecks the selected scenes</source>
      <translation>La barra espaciadora marca o desmarca las escenas seleccionadas</translation>
    </message>
  </context>
  <context>
    <name>SearchNotes</name>
    <message>
      <source>Acquisitions: {counts}.</source>
      <translation>Adquisiciones: {counts}.</translation>
    </message>
    <message>
      <source>Notes of the search ({count})</source>
      <translation>Notas de la búsqueda ({count})</translation>
    </message>
    <message>
      <source>about {expected} days expected; the catalogue may be incomplete</source>
      <translation>se esperan unos {expected} días; el catálogo puede estar incompleto</translation>
    </message>
    <message>
      <source>no acquisition from {first} to {last}</source>
      <translation>ninguna adquisición del {first} al {last}</translation>
    </message>
    <message>
      <source>{tile} in {year}</source>
      <translation>{tile} en {year}</translation>
    </message>
    <message>
      <source>{tile} in {year}: {days} days</source>
      <translation>{tile} en {year}: {days} días</translation>
    </message>
  </context>
  <context>
    <name>Section</name>
    <message>
      <source>Done</source>
      <translation>Hecho</translation>
    </message>
    <message>
      <source>Open this part of the guide</source>
      <translation>Abrir esta parte de la guía</translation>
    </message>
    <message>
      <source>Problem</source>
      <translation>Problema</translation>
    </message>
    <message>
      <source>Running</source>
      <translation>En curso</translation>
    </message>
    <message>
      <source>To do</source>
      <translation>Por hacer</translation>
    </message>
  </context>
  <context>
    <name>StartPanel</name>
    <message>
      <source>Choose a sample, or draw one on the page Sample.</source>
      <translation>Elija una muestra, o sortee una en la página Muestra.</translation>
    </message>
    <message>
      <source>Folder of the run with its scenes</source>
      <translation>Carpeta de la corrida con sus escenas</translation>
    </message>
    <message>
      <source>Import labels…</source>
      <translation>Importar etiquetas…</translation>
    </message>
    <message>
      <source>Interpreter</source>
      <translation>Intérprete</translation>
    </message>
    <message>
      <source>Merge a copy of the sample</source>
      <translation>Unir una copia de la muestra</translation>
    </message>
    <message>
      <source>Merge a copy…</source>
      <translation>Unir una copia…</translation>
    </message>
    <message>
      <source>Output folder of the map: its scenes are shown beside each point. Empty: no scenes are shown.</source>
      <translation>Carpeta de salida del mapa: sus escenas se muestran junto a cada punto. Vacía: no se muestran escenas.</translation>
    </message>
    <message>
      <source>Sample</source>
      <translation>Muestra</translation>
    </message>
    <message>
      <source>Samples</source>
      <translation>Muestras</translation>
    </message>
    <message>
      <source>Scenes</source>
      <translation>Escenas</translation>
    </message>
    <message>
      <source>Settle disagreements</source>
      <translation>Resolver diferencias</translation>
    </message>
    <message>
      <source>Shows the labels of all interpreters and saves what they agree on</source>
      <translation>Muestra las etiquetas de todos los intérpretes y guarda lo que acuerden</translation>
    </message>
    <message>
      <source>Start labelling</source>
      <translation>Empezar a etiquetar</translation>
    </message>
    <message>
      <source>Takes over the labels of a copy of this sample that somebody else has worked on</source>
      <translation>Incorpora las etiquetas de una copia de esta muestra en la que trabajó otra persona</translation>
    </message>
    <message>
      <source>Takes points that were labelled elsewhere as a sample of a map</source>
      <translation>Toma puntos que se etiquetaron en otra parte como muestra de un mapa</translation>
    </message>
    <message>
      <source>You see neither the class of the map nor the labels of others. Layers that show classes are hidden until you finish; any basemap stays.</source>
      <translation>Usted no ve ni la clase del mapa ni las etiquetas de otros. Las capas que muestran clases se ocultan hasta que termine; los mapas base quedan.</translation>
    </message>
    <message>
      <source>{count} labels were taken from {name}.</source>
      <translation>Se tomaron {count} etiquetas de {name}.</translation>
    </message>
    <message>
      <source>{count} points are labelled differently, {settled} of them settled.</source>
      <translation>{count} puntos tienen etiquetas distintas; {settled} de ellos resueltos.</translation>
    </message>
    <message>
      <source>{count} points of the map {name}.</source>
      <translation>{count} puntos del mapa {name}.</translation>
    </message>
    <message>
      <source>{name}: {count} labelled</source>
      <translation>{name}: {count} etiquetados</translation>
    </message>
  </context>
  <context>
    <name>StepBox</name>
    <message>
      <source>Done</source>
      <translation>Hecho</translation>
    </message>
    <message>
      <source>Earlier steps come first</source>
      <translation>Primero los pasos anteriores</translation>
    </message>
    <message>
      <source>Outdated</source>
      <translation>Desactualizado</translation>
    </message>
    <message>
      <source>Ready</source>
      <translation>Listo</translation>
    </message>
    <message>
      <source>Running</source>
      <translation>En curso</translation>
    </message>
  </context>
  <context>
    <name>SuspiciousPoints</name>
    <message>
      <source>Next suspicious label</source>
      <translation>Etiqueta sospechosa siguiente</translation>
    </message>
    <message>
      <source>Previous suspicious label</source>
      <translation>Etiqueta sospechosa anterior</translation>
    </message>
    <message>
      <source>Suspicious labels</source>
      <translation>Etiquetas dudosas</translation>
    </message>
    <message>
      <source>{count} labels are contradicted by others.</source>
      <translation>Otras etiquetas contradicen {count} etiquetas.</translation>
    </message>
    <message>
      <source>{number} of {count}: {text}</source>
      <translation>{number} de {count}: {text}</translation>
    </message>
  </context>
  <context>
    <name>TeachPanel</name>
    <message>
      <source>Apply the version first: there is no map of it yet.</source>
      <translation>Aplique primero la versión: aún no hay un mapa de ella.</translation>
    </message>
    <message>
      <source>Areas by class (report)</source>
      <translation>Superficies por clase (informe)</translation>
    </message>
    <message>
      <source>Cancel</source>
      <translation>Cancelar</translation>
    </message>
    <message>
      <source>Changed by: {}</source>
      <translation>Cambios de: {}</translation>
    </message>
    <message>
      <source>Choose a class first.</source>
      <translation>Elija primero una clase.</translation>
    </message>
    <message>
      <source>Choose a finished run, a class, and click where the map is wrong. Click some places that are right too. Keys 1–9 choose the class, Backspace takes the last correction back.</source>
      <translation>Elija una corrida terminada y una clase, y haga clic donde el mapa se equivoca. Haga clic también en algunos lugares correctos. Las teclas 1–9 eligen la clase; Retroceso deshace la última corrección.</translation>
    </message>
    <message>
      <source>Class: {} · {} corrections, saved in {}</source>
      <translation>Clase: {} · {} correcciones, guardadas en {}</translation>
    </message>
    <message>
      <source>Click places</source>
      <translation>Hacer clic en lugares</translation>
    </message>
    <message>
      <source>Draw polygons</source>
      <translation>Dibujar polígonos</translation>
    </message>
    <message>
      <source>Folder for the model</source>
      <translation>Carpeta para el modelo</translation>
    </message>
    <message>
      <source>Folder of a finished run</source>
      <translation>Carpeta de una corrida terminada</translation>
    </message>
    <message>
      <source>Name of the class</source>
      <translation>Nombre de la clase</translation>
    </message>
    <message>
      <source>Name of the model</source>
      <translation>Nombre del modelo</translation>
    </message>
    <message>
      <source>New class</source>
      <translation>Clase nueva</translation>
    </message>
    <message>
      <source>New class…</source>
      <translation>Clase nueva…</translation>
    </message>
    <message>
      <source>Of corrections left out in blocks it has {} % right; the model before {} %.</source>
      <translation>De las correcciones excluidas por bloques acierta el {} %; el modelo anterior, el {} %.</translation>
    </message>
    <message>
      <source>Refit</source>
      <translation>Reajustar</translation>
    </message>
    <message>
      <source>Save the model</source>
      <translation>Guardar el modelo</translation>
    </message>
    <message>
      <source>The model was saved to {}.</source>
      <translation>El modelo se guardó en {}.</translation>
    </message>
    <message>
      <source>Undo the last correction</source>
      <translation>Deshacer la última corrección</translation>
    </message>
    <message>
      <source>Version {}</source>
      <translation>Versión {}</translation>
    </message>
    <message>
      <source>Version {} was made from {} corrections.</source>
      <translation>La versión {} se hizo con {} correcciones.</translation>
    </message>
    <message>
      <source>{changed} ha of {compared} ha changed ({percent} %).</source>
      <translation>Cambiaron {changed} ha de {compared} ha ({percent} %).</translation>
    </message>
  </context>
  <context>
    <name>TimeLine</name>
    <message>
      <source>cloud or shadow</source>
      <translation>nube o sombra</translation>
    </message>
  </context>
  <context>
    <name>VersionList</name>
    <message>
      <source>Apply</source>
      <translation>Aplicar</translation>
    </message>
    <message>
      <source>Compare</source>
      <translation>Comparar</translation>
    </message>
    <message>
      <source>Go back to it</source>
      <translation>Volver a ella</translation>
    </message>
    <message>
      <source>Save as…</source>
      <translation>Guardar…</translation>
    </message>
    <message>
      <source>The run's own map</source>
      <translation>El mapa de la corrida</translation>
    </message>
    <message>
      <source>Version {}: {} corrections</source>
      <translation>Versión {}: {} correcciones</translation>
    </message>
    <message>
      <source>not better: the model before is kept</source>
      <translation>no es mejor: se conserva el modelo anterior</translation>
    </message>
  </context>
  <context>
    <name>WeightsDialog</name>
    <message>
      <source>At least one class weight must be greater than zero.</source>
      <translation>Al menos un peso de clase debe ser mayor que cero.</translation>
    </message>
    <message>
      <source>CSV table (*.csv);;Weight table of a job (*.json)</source>
      <translation>Tabla CSV (*.csv);;Tabla de pesos de un trabajo (*.json)</translation>
    </message>
    <message>
      <source>Cancel</source>
      <translation>Cancelar</translation>
    </message>
    <message>
      <source>Class</source>
      <translation>Clase</translation>
    </message>
    <message>
      <source>Class weights</source>
      <translation>Pesos de clase</translation>
    </message>
    <message>
      <source>Code</source>
      <translation>Código</translation>
    </message>
    <message>
      <source>Each scene votes for a class with the probability times the weight of this class. Larger weights favour a class; 0 excludes it. A class with a minimum share wins only where it is seen on more than this share of the clear dates.</source>
      <translation>Cada escena vota por una clase con la probabilidad multiplicada por el peso de esta clase. Los pesos mayores favorecen a una clase; 0 la excluye. Una clase con proporción mínima gana solo donde se ve en más de esta proporción de las fechas despejadas.</translation>
    </message>
    <message>
      <source>Export weights</source>
      <translation>Exportar pesos</translation>
    </message>
    <message>
      <source>Export…</source>
      <translation>Exportar…</translation>
    </message>
    <message>
      <source>Import weights</source>
      <translation>Importar pesos</translation>
    </message>
    <message>
      <source>Import…</source>
      <translation>Importar…</translation>
    </message>
    <message>
      <source>Minimum share</source>
      <translation>Proporción mínima</translation>
    </message>
    <message>
      <source>Name</source>
      <translation>Nombre</translation>
    </message>
    <message>
      <source>Remove</source>
      <translation>Quitar</translation>
    </message>
    <message>
      <source>Save as…</source>
      <translation>Guardar como…</translation>
    </message>
    <message>
      <source>Save weights</source>
      <translation>Guardar pesos</translation>
    </message>
    <message>
      <source>Saved: {name}</source>
      <translation>Guardado: {name}</translation>
    </message>
    <message>
      <source>Tables of weights that you have saved</source>
      <translation>Tablas de pesos que ha guardado</translation>
    </message>
    <message>
      <source>Usual weights</source>
      <translation>Pesos habituales</translation>
    </message>
    <message>
      <source>Weight</source>
      <translation>Peso</translation>
    </message>
    <message>
      <source>Weights (*.csv *.json);;All files (*)</source>
      <translation>Pesos (*.csv *.json);;Todos los archivos (*)</translation>
    </message>
    <message>
      <source>none</source>
      <translation>ninguna</translation>
    </message>
  </context>
  <context>
    <name>WeightsRow</name>
    <message>
      <source>Edit…</source>
      <translation>Editar…</translation>
    </message>
    <message>
      <source>The usual weights are set.</source>
      <translation>Se fijan los pesos habituales.</translation>
    </message>
    <message>
      <source>changed: {codes}</source>
      <translation>cambiados: {codes}</translation>
    </message>
    <message>
      <source>minimum shares: {shares}</source>
      <translation>proporciones mínimas: {shares}</translation>
    </message>
    <message>
      <source>none</source>
      <translation>ninguna</translation>
    </message>
    <message>
      <source>usual</source>
      <translation>habituales</translation>
    </message>
  </context>
  <context>
    <name>ZonesBox</name>
    <message>
      <source>A further table sums the zones by these fields, such as province and department</source>
      <translation>Otra tabla suma las zonas por estos campos, como provincia y departamento</translation>
    </message>
    <message>
      <source>A map for each zone too</source>
      <translation>También un mapa por zona</translation>
    </message>
    <message>
      <source>Areas of each polygon</source>
      <translation>Superficies por polígono</translation>
    </message>
    <message>
      <source>Choose the layer of zones, or switch the zones off.</source>
      <translation>Elija la capa de zonas, o desactive las zonas.</translation>
    </message>
    <message>
      <source>Code</source>
      <translation>Código</translation>
    </message>
    <message>
      <source>Cut out of the map and named by the zone, in a folder beside the map</source>
      <translation>Recortado del mapa y con el nombre de la zona, en una carpeta junto al mapa</translation>
    </message>
    <message>
      <source>Layer</source>
      <translation>Capa</translation>
    </message>
    <message>
      <source>Name</source>
      <translation>Nombre</translation>
    </message>
    <message>
      <source>No sums</source>
      <translation>Sin sumas</translation>
    </message>
    <message>
      <source>No zone is selected in {layer}.</source>
      <translation>No hay ninguna zona seleccionada en {layer}.</translation>
    </message>
    <message>
      <source>None</source>
      <translation>Ninguna</translation>
    </message>
    <message>
      <source>Provinces, districts, parcels: each polygon gets a row with its own areas</source>
      <translation>Provincias, distritos, parcelas: cada polígono tiene una fila con sus propias superficies</translation>
    </message>
    <message>
      <source>Selected features only</source>
      <translation>Solo objetos seleccionados</translation>
    </message>
    <message>
      <source>Such as UBIGEO: distinguishes zones of one name in the tables</source>
      <translation>Por ejemplo UBIGEO: distingue en las tablas las zonas del mismo nombre</translation>
    </message>
    <message>
      <source>Sum by</source>
      <translation>Sumar por</translation>
    </message>
    <message>
      <source>Tables (CSV) and a layer with all attributes are written into the output folder.</source>
      <translation>Las tablas (CSV) y una capa con todos los atributos se escriben en la carpeta de salida.</translation>
    </message>
    <message>
      <source>The layer of zones {name} is not there any more: choose another one, or switch zones off.</source>
      <translation>La capa de zonas {name} ya no está: elija otra o desactive las zonas.</translation>
    </message>
    <message>
      <source>The layer of zones {name} is not there any more: use the job's copy, or choose another.</source>
      <translation>La capa de zonas {name} ya no está: use la copia del trabajo o elija otra.</translation>
    </message>
    <message>
      <source>The zones with all attributes, as the job keeps them in its folder</source>
      <translation>Las zonas con todos sus atributos, como el trabajo las guarda en su carpeta</translation>
    </message>
    <message>
      <source>Use as the region too</source>
      <translation>Usar también como región</translation>
    </message>
    <message>
      <source>Use the job's copy</source>
      <translation>Usar la copia del trabajo</translation>
    </message>
    <message>
      <source>Zones of the job</source>
      <translation>Zonas del trabajo</translation>
    </message>
  </context>
</TS>
