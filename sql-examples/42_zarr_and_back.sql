-- To Zarr and back
-- An answer becomes a store again. Its dimensions are what the query groups by; labels keep the order and the attributes that they
-- have. The store is asked like any other.
-- xarray: ds.sst.groupby("time.month").mean(dim="time").to_dataset(name="sst").to_zarr("climatology.zarr")
--         clim = xr.open_zarr("climatology.zarr")
--         clim.sst.sel(lat=0, lon=220)

COPY (
    SELECT month(time) AS month, lat, lon, avg(sst) AS sst
    FROM ersst
    GROUP BY 1, 2, 3
) TO 'climatology.zarr' OPTIONS ('chunks' 'month=1');

CREATE EXTERNAL TABLE climatology STORED AS ZARR LOCATION 'climatology.zarr';

DESCRIBE DATASET climatology;

SELECT month, round(sst, 2) AS sst
FROM climatology
WHERE lat = 0 AND lon = 220
ORDER BY month;
