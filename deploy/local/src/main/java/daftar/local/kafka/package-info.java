/** One Kafka broker in KRaft mode, in a JVM of its own on loopback, and the platform's topics. */
package daftar.local.kafka;
