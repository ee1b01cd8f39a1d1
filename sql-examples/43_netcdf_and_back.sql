-- To NetCDF and back
-- The same of a file that every tool of the field opens. Units and names of the variable follow, because the query leaves it as it
-- is; an attribute is added.
-- xarray: box = ds.sel(lat=slice(-5, 5), lon=slice(190, 240), time=slice("2015", "2016")).assign_attrs(title="Niño 3.4")
--         box.to_netcdf("box.nc")
--         xr.open_dataset("box.nc").sst.mean(dim=("lat", "lon"))

COPY (
    SELECT time, lat, lon, sst
    FROM ersst
    WHERE lat BETWEEN -5 AND 5 AND lon BETWEEN 190 AND 240 AND time >= '2015' AND time < '2017'
) TO 'box.nc' OPTIONS ('attribute.title' 'Niño 3.4');

CREATE EXTERNAL TABLE box STORED AS NETCDF LOCATION 'box.nc';

SELECT name, value FROM box.attributes WHERE variable = 'sst' OR name = 'title' ORDER BY name;

SELECT time, round(avg(sst), 2) AS sst
FROM box
GROUP BY time
ORDER BY time
LIMIT 6;
