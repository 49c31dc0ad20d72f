-- Phase: expand. Safe: built concurrently, beside readers and writers; the key that is there goes on holding meanwhile.

CREATE UNIQUE INDEX CONCURRENTLY dead_letters_content_key
    ON dead_letters (topic, partition, "offset", digest);
