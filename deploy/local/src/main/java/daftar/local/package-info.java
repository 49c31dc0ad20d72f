/**
 * The whole system on one machine without a container engine: the commands {@code up}, {@code down} and {@code replay},
 * and the parts they are made of, which tests use as a library ({@link daftar.local.postgres.PostgresCluster},
 * {@link daftar.local.kafka.KafkaBroker}, {@link daftar.local.s3.S3Store}).
 *
 * <p>Every part is a real process on loopback with a pid file beside its data, so that whoever comes later, a second
 * launcher or {@code down}, can find it and stop exactly it.
 */
package daftar.local;
