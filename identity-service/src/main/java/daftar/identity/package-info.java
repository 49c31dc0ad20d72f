/**
 * Who a person is, and how they prove it: users, their credentials, their sessions, and the signed
 * tokens by which the other services know them.
 *
 * <ul>
 *   <li>{@code user}: registration and profile; table {@code users}, {@code staff_roles}
 *   <li>{@code credential}: password hashes; table {@code credentials}
 *   <li>{@code session}: login, refresh, logout; table {@code sessions}
 *   <li>{@code token}: access tokens, signing keys, clients; table {@code signing_keys}
 * </ul>
 */
package daftar.identity;
