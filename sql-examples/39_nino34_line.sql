-- The Niño 3.4 index as a picture
-- A view says what the index is; a picture and a query ask it.
-- xarray: sst = ds.sst.sel(lat=slice(-5, 5), lon=slice(190, 240))
--         anomaly = sst.groupby("time.month") - sst.groupby("time.month").mean(dim="time")
--         index = anomaly.mean(dim=("lat", "lon")).rolling(time=3, min_periods=1).mean()
--         index.sel(time=slice("1990", None)).plot()

CREATE VIEW nino34 AS
WITH anomaly AS (
    SELECT time, sst - avg(sst) OVER (PARTITION BY month(time), lat, lon) AS sst
    FROM ersst
    WHERE lat BETWEEN -5 AND 5 AND lon BETWEEN 190 AND 240
), box AS (
    SELECT time, avg(sst) AS sst
    FROM anomaly
    GROUP BY time
)
SELECT time, avg(sst) OVER (ORDER BY time ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS nino34
FROM box;

COPY (
    SELECT time, nino34 FROM nino34 WHERE time >= '1990'
) TO 'nino34_line.png' OPTIONS ('width' '640', 'height' '280', 'label' 'Niño 3.4 [K]');

SELECT year(time) AS year, round(max(nino34), 2) AS highest
FROM nino34
WHERE time >= '1990'
GROUP BY 1
ORDER BY highest DESC
LIMIT 5;
