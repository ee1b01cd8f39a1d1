-- Packed numbers
-- Temperatures to a hundredth of a degree fit into 16 bits. What reads them unpacks them.
-- xarray: july = ds.sst.sel(time="2000-07-15").expand_dims("time").to_dataset()
--         july.to_zarr("packed.zarr", encoding={"sst": {"dtype": "int16", "scale_factor": 0.01, "_FillValue": -32768}})
--         xr.open_zarr("packed.zarr").sst.sel(lon=220, lat=slice(-4, 4))

COPY (
    SELECT time, lat, lon, sst
    FROM ersst
    WHERE time = '2000-07-15'
) TO 'packed.zarr' OPTIONS ('sst.dtype' 'int16', 'sst.scale_factor' '0.01', 'sst.fill_value' '-32768');

CREATE EXTERNAL TABLE packed STORED AS ZARR LOCATION 'packed.zarr';

SELECT name, value FROM packed.attributes WHERE variable = 'sst' AND name IN ('scale_factor', '_FillValue') ORDER BY name;

SELECT lat, round(sst, 2) AS sst
FROM packed
WHERE lon = 220 AND lat BETWEEN -4 AND 4
ORDER BY lat;
