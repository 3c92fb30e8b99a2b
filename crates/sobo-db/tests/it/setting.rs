use sobo_db::{WatchedFolder, on_both};

on_both! {
    async fn a_setting_is_replaced(database: Database) {
        assert_eq!(database.setting("tiles.folder").await.unwrap(), None);
        database.set_setting("tiles.folder", "một").await.unwrap();
        database.set_setting("tiles.folder", "hai").await.unwrap();
        assert_eq!(database.setting("tiles.folder").await.unwrap().as_deref(), Some("hai"));
    }

    async fn a_watcher_s_last_word_on_its_folder_is_kept(database: Database) {
        assert_eq!(database.watched_folders().await.unwrap(), []);
        let mut watched = WatchedFolder { folder: "quét/vào".to_owned(), taken: 2, ..WatchedFolder::default() };
        database.tell_of_watch(&watched).await.unwrap();
        watched.waiting = 1;
        watched.said = "không có volume.toml".to_owned();
        database.tell_of_watch(&watched).await.unwrap();
        database.set_setting("watchers", "another setting").await.unwrap();
        let told = database.watched_folders().await.unwrap();
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].0, watched);
        assert!(told[0].1 > 0);
    }
}
