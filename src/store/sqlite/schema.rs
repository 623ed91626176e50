//! The schema and its versions.

use sqlx::{SqliteConnection, SqlitePool};

use super::OpenError;

/// Each brings the schema from the version before to its own, and sets `user_version` to that.
const MIGRATIONS: [&str; 4] = [
    include_str!("migrations/1.sql"),
    include_str!("migrations/2.sql"),
    include_str!("migrations/3.sql"),
    include_str!("migrations/4.sql"),
];

/// `vest` in ASCII; the first migration sets it.
const APPLICATION_ID: i64 = 0x7665_7374;

/// Brings a database up to date, wholly or not at all.
pub(super) async fn prepare(writer: &SqlitePool) -> Result<(), OpenError> {
    let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await?;
    let version = version(&mut transaction).await?;
    for migration in MIGRATIONS.iter().skip(version) {
        sqlx::raw_sql(*migration).execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// How many of the migrations a database has seen.
async fn version(connection: &mut SqliteConnection) -> Result<usize, OpenError> {
    let application: i64 = sqlx::query_scalar("PRAGMA application_id").fetch_one(&mut *connection).await?;
    let found: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut *connection).await?;
    let tables: i64 =
        sqlx::query_scalar("SELECT count(*) FROM sqlite_schema").fetch_one(&mut *connection).await?;
    if application != APPLICATION_ID && (application, found, tables) != (0, 0, 0) {
        return Err(OpenError::Foreign);
    }
    let known = MIGRATIONS.len();
    match usize::try_from(found) {
        Ok(version) if version <= known => Ok(version),
        Ok(_) => Err(OpenError::Newer { found, known: i64::try_from(known).unwrap_or(i64::MAX) }),
        Err(_) => Err(OpenError::Foreign),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::store::sqlite::SqliteStore;

    async fn tamper(path: &std::path::Path, statement: &'static str) {
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).create_if_missing(true);
        let pool = SqlitePool::connect_with(options).await.unwrap();
        sqlx::raw_sql(statement).execute(&pool).await.unwrap();
        pool.close().await;
    }

    #[tokio::test]
    async fn opens_again_and_refuses_newer_ones() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.db");
        SqliteStore::open(&path).await.unwrap().close().await;
        SqliteStore::open(&path).await.unwrap().close().await;
        tamper(&path, "PRAGMA user_version = 5").await;
        let error = SqliteStore::open(&path).await.unwrap_err();
        assert!(matches!(error, OpenError::Newer { found: 5, known: 4 }), "{error:?}");
        tamper(&path, "PRAGMA user_version = 4").await;
        SqliteStore::open(&path).await.unwrap().close().await;
    }

    #[tokio::test]
    async fn brings_a_file_of_the_first_version_up_to_date() {
        use crate::{
            domain::Timestamp,
            store::{AuditLog, AuditOf, KeyStore},
        };
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.db");
        tamper(&path, MIGRATIONS[0]).await;
        tamper(&path, "INSERT INTO clock VALUES (1, 77)").await;
        let store = SqliteStore::open(&path).await.unwrap();
        assert_eq!(store.latest_time().await.unwrap(), Some(Timestamp::from_millis(77)));
        assert_eq!(store.events(AuditOf::Everything, None, 9).await.unwrap(), []);
        store.close().await;
    }

    #[tokio::test]
    async fn reads_organizations_and_members_of_the_second_version() {
        use crate::{
            domain::{Member, MemberId, MemberStatus, Organization, OrganizationId, Timestamp},
            store::{Directory, DirectoryAdmin, FindOrganization},
        };
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.db");
        tamper(&path, MIGRATIONS[0]).await;
        tamper(&path, MIGRATIONS[1]).await;
        tamper(
            &path,
            r#"INSERT INTO organizations VALUES ('acme', 'acme', NULL, '{"organization_id":"acme",
            "organization_name":"Acme","organization_slug":"acme","organization_logo_url":"",
            "organization_external_id":null,"email_allowed_domains":[],
            "email_jit_provisioning":"NOT_ALLOWED","email_invites":"ALL_ALLOWED","auth_methods":"ALL",
            "mfa_methods":"ALL","mfa_policy":"OPTIONAL","rbac_email_implicit_role_assignments":[],
            "custom_roles":[],"trusted_metadata":{},"created_at":"1970-01-01T00:00:00Z",
            "updated_at":"1970-01-01T00:00:00Z"}');
            INSERT INTO members VALUES ('ada', 'acme', 'ada@example.com', 'example.com', 'pending', 0,
            NULL, '{"member_id":"ada","organization_id":"acme","email_address":"ada@example.com",
            "email_address_verified":false,"status":"pending","name":"","roles":[],"is_breakglass":false,
            "external_id":null,"trusted_metadata":{},"untrusted_metadata":{},
            "created_at":"1970-01-01T00:00:00Z","updated_at":"1970-01-01T00:00:00Z"}');"#,
        )
        .await;
        let store = SqliteStore::open(&path).await.unwrap();
        let then = Timestamp::from_millis(0);
        let acme = OrganizationId::new("acme").unwrap();
        let mut expected = Organization::new(acme.clone(), "Acme", "acme".parse().unwrap(), then);
        let found = store.organization(FindOrganization::Id(&acme)).await.unwrap();
        assert_eq!(found.as_ref(), Some(&expected));
        let ada = MemberId::new("ada").unwrap();
        let address = "ada@example.com".parse().unwrap();
        let member = Member::new(ada.clone(), acme, address, MemberStatus::Pending, then);
        assert_eq!(store.member(&ada).await.unwrap(), Some(member));
        expected.claimed_email_domains.insert("example.com".parse().unwrap());
        assert!(store.update_organization(&expected).await.unwrap());
        store.close().await;
    }

    #[tokio::test]
    async fn refuses_what_is_not_ours() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("theirs.db");
        tamper(&path, "CREATE TABLE theirs (a)").await;
        assert!(matches!(SqliteStore::open(&path).await, Err(OpenError::Foreign)));
        let text = directory.path().join("text");
        std::fs::write(&text, "no database, and longer than the header that SQLite looks at".repeat(9))
            .unwrap();
        assert!(matches!(SqliteStore::open(&text).await, Err(OpenError::Failed(_))));
        let nowhere = directory.path().join("none").join("a.db");
        assert!(matches!(SqliteStore::open(&nowhere).await, Err(OpenError::Failed(_))));
    }

    #[tokio::test]
    async fn a_migration_that_fails_leaves_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.db");
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path).create_if_missing(true);
        let pool = SqlitePool::connect_with(options).await.unwrap();
        let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await.unwrap();
        sqlx::raw_sql(MIGRATIONS[0]).execute(&mut *transaction).await.unwrap();
        sqlx::raw_sql("CREATE TABLE members (a)").execute(&mut *transaction).await.unwrap_err();
        drop(transaction);
        let mut connection = pool.acquire().await.unwrap();
        assert_eq!(version(&mut connection).await.unwrap(), 0);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn only_the_owner_reads_it() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(directory.path().join("a.db")).await.unwrap();
        let mut files = 0;
        for file in std::fs::read_dir(directory.path()).unwrap() {
            let file = file.unwrap();
            assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{file:?}");
            files += 1;
        }
        assert_eq!(files, 3, "the database, its log, and the log's index");
        store.close().await;
    }

    /// How a question is answered, step by step.
    pub(in crate::store::sqlite) async fn plan(store: &SqliteStore, question: &str) -> Vec<String> {
        let plan = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {question}"));
        let steps: Vec<(i64, i64, i64, String)> =
            sqlx::query_as(plan).fetch_all(&store.writer).await.unwrap();
        steps.into_iter().map(|(.., step)| step).collect()
    }

    #[tokio::test]
    async fn nothing_is_searched_line_by_line() {
        use crate::store::sqlite::{admin, audit, credentials, directory, links, search, sessions};
        let directory = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(directory.path().join("a.db")).await.unwrap();
        for question in [
            directory::BY_SLUG,
            directory::ENTRANCE,
            directory::ENTRANCES,
            directory::AT_ADDRESS,
            admin::PAGE,
            admin::FORGET_ALLOWED,
            admin::FORGET_CLAIMED,
            audit::PAGE,
            audit::PAGE_OF_ORGANIZATION,
            audit::PAGE_OF_MEMBER,
            audit::FORGET,
            credentials::LOAD,
            credentials::IDS,
            credentials::HOLDER,
            sessions::BY_SEED,
            sessions::BY_ID,
            sessions::OF_MEMBER,
            sessions::SWEEP,
            sessions::SWEEP_REVOKED,
            sessions::END_MEMBER,
            sessions::END_ORGANIZATION,
            links::FORGET,
            links::TAKE,
            search::BY_EXTERNAL_ID,
            search::MEMBER_BY_EXTERNAL_ID,
            search::COUNT,
        ] {
            for step in plan(&store, question).await {
                let bounded = ["SCAN doors", "SCAN CONSTANT ROW"].contains(&step.as_str());
                assert!(!step.starts_with("SCAN") || bounded, "{question}\n{step}");
            }
        }
        store.close().await;
    }
}
