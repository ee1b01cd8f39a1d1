//! Names in any case, on datasets.

use super::{context, error, rows};

#[tokio::test]
async fn a_variable_with_capitals_is_found_in_any_case() {
    let context = context().await;
    assert_eq!(
        rows(&context, "select max(SST) as a, max(sst) as b, max(\"SST\") as c from pop.nlat_nlon").await,
        ["40.0|40.0|40.0"]
    );
    assert_eq!(rows(&context, "select p.sst from POP.Nlat_Nlon p where TLat > 3.5").await, ["40.0"]);
    assert_eq!(rows(&context, "select SST from ersst order by Sst limit 1").await, ["0.0"]);
    assert_eq!(rows(&context, "select count(*) from ERSST.Time_Lat_Lon").await, ["12"]);
}

#[tokio::test]
async fn a_name_that_does_not_exist_comes_with_the_nearest() {
    let context = context().await;
    assert_eq!(
        error(&context, "select tlatt from pop.nlat_nlon").await,
        "no column `tlatt`; hint: did you mean `TLAT`? valid: `nlat`, `nlon`, `TLAT`, `TLONG`, `SST`"
    );
    assert_eq!(
        error(&context, "select * from erst").await,
        "no table `erst`; hint: did you mean `ersst`? valid: `ersst`, `tree`, `ersst.time_lat_lon`, \
         `ersst.lat_lon`, `ersst.dimensions`, `ersst.variables`, `ersst.attributes`, `ersst.chunks`, \
         `pop.nlat_nlon`, `pop.z`, `pop.dimensions`, `pop.variables`, `pop.attributes`, `pop.chunks`, `tree.x`, \
         `tree.dimensions`, `tree.variables`, `tree.attributes`, `tree.chunks`, `tree.deep/sub` and 11 more"
    );
    assert_eq!(
        error(&context, "select * from ersst.time_lat").await,
        "no table `ersst.time_lat`; hint: did you mean `ersst.time_lat_lon`? valid: `ersst.time_lat_lon`, \
         `ersst.lat_lon`, `ersst.dimensions`, `ersst.variables`, `ersst.attributes`, `ersst.chunks`"
    );
    assert_eq!(error(&context, "select avgg(sst) from ersst").await, "no function `avgg`; hint: did you mean `avg`?");
    assert_eq!(
        error(&context, "select quux(sst) from ersst").await,
        "no function `quux`; hint: `SHOW FUNCTIONS` lists them"
    );
    assert_eq!(
        error(&context, "select * from generate_serie(1, 2)").await,
        "no table function `generate_serie`; hint: did you mean `generate_series`?"
    );
    assert_eq!(
        error(&context, "describe dataset erst").await,
        "no dataset `erst`; hint: did you mean `ersst`? valid: `ersst`, `pop`, `tree`"
    );
}
