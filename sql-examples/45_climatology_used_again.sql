-- A climatology, used again
-- A table of an answer stays an array in memory: what is joined to it finds its cells by position. A view is asked anew each time.
-- xarray: clim = ds.sst.sel(time=slice("1961", "1990")).groupby("time.month").mean(dim="time")
--         anomaly = ds.sst.groupby("time.month") - clim
--         anomaly.sel(lat=slice(-20, 20)).groupby("time.year").mean(dim=...).sel(year=slice(2010, None))

CREATE TABLE clim AS
SELECT month(time) AS month, lat, lon, avg(sst) AS sst
FROM ersst
WHERE time >= '1961' AND time < '1991'
GROUP BY 1, 2, 3;

CREATE VIEW anomaly AS
SELECT e.time, e.lat, e.lon, e.sst - c.sst AS sst
FROM ersst e
JOIN clim c ON c.month = month(e.time) AND c.lat = e.lat AND c.lon = e.lon;

SELECT year(time) AS year, round(avg(sst), 3) AS anomaly
FROM anomaly
WHERE lat BETWEEN -20 AND 20 AND time >= '2010'
GROUP BY 1
ORDER BY 1;
