use sobo_db::{VolumeDescription, on_both};

use crate::register::{descriptor, volume, volume_of_pages};

on_both! {
    async fn three_facts_of_place(database: Database) {
        let volume = volume(&database, "KS.1971.03").await;
        assert_eq!(volume.descriptor.office, "Quận Nhứt");
        assert_eq!(volume.office_at_date, "Quận Nhứt");
        assert_eq!(volume.custodian, "Phường Sài Gòn");
        let descriptor = descriptor("KS.1971.03");
        let later = VolumeDescription { descriptor: &descriptor, text: "name = …", office_at_date: Some("Quận 1") };
        let volume = database.describe_volume("lan", &later).await.unwrap();
        assert_eq!(volume.office_at_date, "Quận 1");
        assert_eq!(database.volume_named("KS.1971.03").await.unwrap(), Some(volume));
    }

    async fn the_same_description_changes_nothing(database: Database) {
        let first = volume(&database, "KS.1971.03").await;
        let records = database.verify_chain().await.unwrap().records;
        assert_eq!(volume(&database, "KS.1971.03").await, first);
        assert_eq!(database.verify_chain().await.unwrap().records, records);
        // Ids stay without gaps.
        assert_eq!(volume(&database, "KS.1971.04").await.id, first.id + 1);
        assert_eq!(database.volumes().await.unwrap().len(), 2);
    }

    async fn a_corrected_description_is_recorded(database: Database) {
        let first = volume(&database, "KS.1971.03").await;
        let mut corrected = descriptor("KS.1971.03");
        corrected.closing.entries = Some(812);
        let description = VolumeDescription { descriptor: &corrected, text: "corrected", office_at_date: None };
        let second = database.describe_volume("minh", &description).await.unwrap();
        assert_eq!((second.id, second.descriptor.closing.entries), (first.id, Some(812)));
        assert_eq!(second.descriptor_text, "corrected");
        assert_eq!(second.created_ms, first.created_ms);
        let history = database.audit_of(&format!("volume/{}", first.id)).await.unwrap();
        let history: Vec<_> = history.iter().map(|it| (it.who.as_str(), it.what.as_str())).collect();
        assert_eq!(history, [("lan", "volume.describe"), ("minh", "volume.describe_anew")]);
    }

    async fn progress_of_a_new_volume(database: Database) {
        let volume = volume_of_pages(&database, 3).await;
        let progress = database.progress().await.unwrap();
        assert_eq!(progress.len(), 1);
        assert_eq!((progress[0].volume_id, progress[0].pages, progress[0].waiting), (volume.id, 3, 3));
    }
}
