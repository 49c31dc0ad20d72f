-- How a person is erased, slice by slice: what the columns' comments say, in SQL. Run in one transaction a person, by a
-- superuser who takes each slice's owner role in turn; the settings erasure.user_id and consent.erasing_user_id name the
-- person. A test fails when a table with personal columns is not named here. Identity comes last: the others refer to it.
--
-- A dead letter is the person's when its key is their id or its bytes contain it. What waits in an outbox goes too: a
-- restored outbox would tell the others about somebody who is gone.

SET LOCAL ROLE billing_owner;
UPDATE billing.subscriptions
SET user_id = NULL, paymob_subscription_id = NULL
WHERE user_id = current_setting('erasure.user_id')::uuid;
DELETE FROM billing.usage_totals WHERE user_id = current_setting('erasure.user_id')::uuid;
DELETE FROM billing.consent_states WHERE user_id = current_setting('erasure.user_id')::uuid;
DELETE FROM billing.outbox WHERE key = current_setting('erasure.user_id');
DELETE FROM billing.idempotency_keys
WHERE strpos(caller, current_setting('erasure.user_id')) > 0 OR strpos(answer::text, current_setting('erasure.user_id')) > 0;
-- billing.dead_letter_redrives go with their dead letters; who asked for a trial is kept as proof
DELETE FROM billing.dead_letters
WHERE position(convert_to(current_setting('erasure.user_id'), 'UTF8') IN coalesce(key, '')) > 0
   OR position(convert_to(current_setting('erasure.user_id'), 'UTF8') IN coalesce(value, '')) > 0;

SET LOCAL ROLE usage_owner;
DELETE FROM usage.usage_logs WHERE user_id = current_setting('erasure.user_id')::uuid;
-- usage.usage_archive_keys and usage.usage_logs_restored, and rows on their way to the archive, which are in usage_logs no
-- more
SELECT usage.destroy_usage_archive_key(current_setting('erasure.user_id')::uuid);
DELETE FROM usage.usage_rollups WHERE user_id = current_setting('erasure.user_id')::uuid;
DELETE FROM usage.usage_corrections WHERE user_id = current_setting('erasure.user_id')::uuid;
DELETE FROM usage.usage_price_drifts WHERE user_id = current_setting('erasure.user_id')::uuid;
DELETE FROM usage.usage_alerts WHERE user_id = current_setting('erasure.user_id')::uuid;
DELETE FROM usage.usage_reservations WHERE user_id = current_setting('erasure.user_id')::uuid;
DELETE FROM usage.usage_balances WHERE user_id = current_setting('erasure.user_id')::uuid;
-- usage.prices tell who recorded a price, a member of staff: kept as proof
DELETE FROM usage.consent_states WHERE user_id = current_setting('erasure.user_id')::uuid;
DELETE FROM usage.outbox WHERE key = current_setting('erasure.user_id');
DELETE FROM usage.idempotency_keys
WHERE strpos(caller, current_setting('erasure.user_id')) > 0 OR strpos(answer::text, current_setting('erasure.user_id')) > 0;
-- usage.dead_letter_redrives go with their dead letters
DELETE FROM usage.dead_letters
WHERE position(convert_to(current_setting('erasure.user_id'), 'UTF8') IN coalesce(key, '')) > 0
   OR position(convert_to(current_setting('erasure.user_id'), 'UTF8') IN coalesce(value, '')) > 0;

SET LOCAL ROLE analytics_owner;
DELETE FROM analytics.learning_profiles WHERE user_id = current_setting('erasure.user_id')::uuid;
DELETE FROM analytics.interactions WHERE user_id = current_setting('erasure.user_id')::uuid;
DELETE FROM analytics.consent_states WHERE user_id = current_setting('erasure.user_id')::uuid;
DELETE FROM analytics.outbox WHERE key = current_setting('erasure.user_id');
DELETE FROM analytics.idempotency_keys
WHERE strpos(caller, current_setting('erasure.user_id')) > 0 OR strpos(answer::text, current_setting('erasure.user_id')) > 0;
-- analytics.dead_letter_redrives go with their dead letters
DELETE FROM analytics.dead_letters
WHERE position(convert_to(current_setting('erasure.user_id'), 'UTF8') IN coalesce(key, '')) > 0
   OR position(convert_to(current_setting('erasure.user_id'), 'UTF8') IN coalesce(value, '')) > 0;

SET LOCAL ROLE consent_owner;
DELETE FROM consent.guardian_consents WHERE user_id = current_setting('erasure.user_id')::uuid;
DELETE FROM consent.outbox WHERE key = current_setting('erasure.user_id');
DELETE FROM consent.idempotency_keys
WHERE strpos(caller, current_setting('erasure.user_id')) > 0 OR strpos(answer::text, current_setting('erasure.user_id')) > 0;

SET LOCAL ROLE identity_owner;
DELETE FROM identity.credentials WHERE user_id = current_setting('erasure.user_id')::uuid;
DELETE FROM identity.staff_roles WHERE user_id = current_setting('erasure.user_id')::uuid;
DELETE FROM identity.sessions WHERE user_id = current_setting('erasure.user_id')::uuid;
DELETE FROM identity.outbox WHERE key = current_setting('erasure.user_id');
DELETE FROM identity.idempotency_keys
WHERE strpos(caller, current_setting('erasure.user_id')) > 0 OR strpos(answer::text, current_setting('erasure.user_id')) > 0;
UPDATE identity.users
SET email = id || '@erased.invalid', phone = NULL, last_login = NULL, profile = NULL, email_verified_at = NULL,
    status = 'erased', version = version + 1
WHERE id = current_setting('erasure.user_id')::uuid AND email <> id || '@erased.invalid';

RESET ROLE;
