use sobo_db::on_both;

on_both! {
    async fn a_new_feed_is_empty(database: Database) {
        assert_eq!(database.last_change().await.unwrap(), 0);
        assert_eq!(database.changes_after(0, 10).await.unwrap(), []);
    }
}
