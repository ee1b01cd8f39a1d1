-- Stations from a Parquet file
-- A table of places, written here so that the example stands alone, joined to the cells of the grid that hold them.
-- xarray: ds.sst.sel(time="2000-07-15").sel(lat=stations.lat, lon=stations.lon, method="nearest")

COPY (
    SELECT * FROM (VALUES ('Honolulu', 21.3, 202.1), ('Ponta Delgada', 37.7, 334.3), ('Suva', -18.1, 178.4))
        AS places (name, lat, lon)
) TO 'stations.parquet' STORED AS PARQUET;

CREATE EXTERNAL TABLE stations STORED AS PARQUET LOCATION 'stations.parquet';

SELECT s.name, e.lat, e.lon, e.sst
FROM stations s
JOIN ersst e ON e.lat = 2 * round(s.lat / 2) AND e.lon = 2 * round(s.lon / 2)
WHERE e.time = '2000-07-15'
ORDER BY s.name;
