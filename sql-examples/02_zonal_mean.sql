-- Zonal mean
-- The mean over time and longitude, a row for each latitude, from north to south. Where all is land it is NULL.
-- xarray: ds.sst.mean(dim=("time", "lon"))

SELECT lat, round(avg(sst), 2) AS sst
FROM ersst
GROUP BY lat
ORDER BY lat DESC;
