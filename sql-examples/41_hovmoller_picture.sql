-- A Hovmöller diagram as a picture
-- Time and longitude are the two dimensions that stay. Time goes up unless it is told to be x.
-- xarray: band = ds.sst.sel(lat=slice(-5, 5), lon=slice(140, 270))
--         anomaly = band.groupby("time.month") - band.groupby("time.month").mean(dim="time")
--         anomaly.mean(dim="lat").sel(time=slice("2010", None)).plot(x="lon", y="time")

CREATE VIEW hovmoller AS
WITH anomaly AS (
    SELECT time, lon, sst - avg(sst) OVER (PARTITION BY month(time), lat, lon) AS sst
    FROM ersst
    WHERE lat BETWEEN -5 AND 5 AND lon BETWEEN 140 AND 270
)
SELECT time, lon, avg(sst) AS anomaly
FROM anomaly
WHERE time >= '2010'
GROUP BY time, lon;

COPY (
    SELECT time, lon, anomaly FROM hovmoller
) TO 'hovmoller_picture.png' OPTIONS ('x' 'lon', 'y' 'time', 'width' '480', 'height' '480', 'label' 'anomaly [K]');

SELECT time, arg_max(lon, anomaly) AS lon, round(max(anomaly), 2) AS anomaly
FROM hovmoller
WHERE time >= '2016'
GROUP BY time
ORDER BY time;
