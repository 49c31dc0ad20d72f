-- Phase: expand. Safe: a nullable column, whose lock lasts a moment, and a trigger by which whatever either release writes
-- is in both columns.

ALTER TABLE usage_reservations ADD COLUMN token_count bigint;

COMMENT ON COLUMN usage_reservations.token_count IS 'gdpr: behaviour; what is reserved; after a settlement what was used; erased with the row';

CREATE FUNCTION usage_reservations_token_count_follows() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.token_count IS NULL
        OR TG_OP = 'UPDATE' AND NEW.token_count IS NOT DISTINCT FROM OLD.token_count
    THEN
        NEW.token_count := NEW.tokens;
    ELSE
        NEW.tokens := NEW.token_count;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER usage_reservations_token_count_follows BEFORE INSERT OR UPDATE ON usage_reservations
    FOR EACH ROW EXECUTE FUNCTION usage_reservations_token_count_follows();
