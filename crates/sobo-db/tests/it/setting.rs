use sobo_db::on_both;

on_both! {
    async fn a_setting_is_replaced(database: Database) {
        assert_eq!(database.setting("tiles.folder").await.unwrap(), None);
        database.set_setting("tiles.folder", "một").await.unwrap();
        database.set_setting("tiles.folder", "hai").await.unwrap();
        assert_eq!(database.setting("tiles.folder").await.unwrap().as_deref(), Some("hai"));
    }
}
