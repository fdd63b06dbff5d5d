/* SPDX-License-Identifier: Apache-2.0 */
#include "media/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"

enum {
	LINKTYPE_RAW = 101, /* a bare IPv4 or IPv6 packet */
	SNAP_LENGTH = 65535,
	PROTOCOL_TCP = 6,
	PROTOCOL_UDP = 17,
	IPV4_HEADER = 20,
	IPV6_HEADER = 40,
	UDP_HEADER = 8,
	TCP_HEADER = 20,
	TCP_FLAGS = 0x5018, /* header of five words; PSH, ACK */
	TCP_WINDOW = 65535,
	TTL = 64,
	RECORD_HEADER = 16,
	RECORD_MOST = CAPTURE_PACKET_MOST + IPV6_HEADER + TCP_HEADER + RECORD_HEADER,
};

/* One direction of a TCP connection, and how far it has come. */
struct flow {
	struct address from, to;
	uint32_t next;
};

struct capture {
	int fd;
	size_t written;
	struct buffer record;
	struct flow flows[CAPTURE_FLOWS_MOST];
	size_t flow_count, flow_oldest;
};

static void
put_u32_le(struct buffer *buffer, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		buffer_u8(buffer, (uint8_t)(value >> 8 * i));
}

static void
put_u16_le(struct buffer *buffer, uint16_t value)
{
	buffer_u8(buffer, (uint8_t)value);
	buffer_u8(buffer, (uint8_t)(value >> 8));
}

/* The record in one write, so that a reader finds whole ones. */
static bool
flush(struct capture *capture)
{
	struct bytes all = buffer_bytes_of(&capture->record);
	bool whole =
	    buffer_ok(&capture->record) && capture->written + all.left <= CAPTURE_FILE_MOST;

	if (whole) {
		ssize_t written;

		do
			written = write(capture->fd, all.at, all.left);
		while (written < 0 && errno == EINTR);
		whole = written == (ssize_t)all.left;
		capture->written += all.left;
	}
	buffer_clear(&capture->record);
	return whole;
}

enum fault
capture_open(struct capture **capture, const char *path, struct why *why)
{
	const uint32_t magic = 0xa1b2c3d4; /* times in microseconds */
	struct capture *making = calloc(1, sizeof(*making));
	enum fault fault = FAULT_NONE;

	if (making == NULL)
		return explain(why, FAULT_SYSTEM, "out of memory");
	buffer_init(&making->record, RECORD_MOST);
	making->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (making->fd < 0)
		fault = explain_errno(why, "capture %s", path);
	put_u32_le(&making->record, magic);
	put_u16_le(&making->record, 2); /* version 2.4 */
	put_u16_le(&making->record, 4);
	put_u32_le(&making->record, 0);
	put_u32_le(&making->record, 0);
	put_u32_le(&making->record, SNAP_LENGTH);
	put_u32_le(&making->record, LINKTYPE_RAW);
	if (fault == FAULT_NONE && !flush(making))
		fault = explain_errno(why, "capture %s", path);
	if (fault != FAULT_NONE) {
		capture_close(making);
		return fault;
	}
	*capture = making;
	return FAULT_NONE;
}

void
capture_close(struct capture *capture)
{
	if (capture == NULL)
		return;
	if (capture->fd >= 0)
		close(capture->fd);
	buffer_finish(&capture->record);
	free(capture);
}

static bool
is_ipv6(const struct address *address)
{
	return address->storage.ss_family == AF_INET6;
}

/* The address alone, in network order. */
static struct bytes
ip_bytes(const struct address *address)
{
	const struct sockaddr_in *four = (const struct sockaddr_in *)&address->storage;
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&address->storage;

	return is_ipv6(address) ? bytes_of(&six->sin6_addr, sizeof(six->sin6_addr))
				: bytes_of(&four->sin_addr, sizeof(four->sin_addr));
}

/* The ones' complement sum of IP, UDP and TCP. */
static uint32_t
sum_add(uint32_t sum, struct bytes bytes)
{
	for (size_t i = 0; i < bytes.left; i++)
		sum += i % 2 == 0 ? (uint32_t)bytes.at[i] << 8 : bytes.at[i];
	return (sum & 0xffff) + (sum >> 16);
}

static uint16_t
sum_end(uint32_t sum)
{
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void
put_at(struct buffer *buffer, size_t offset, uint16_t value)
{
	if (!buffer_ok(buffer))
		return;
	buffer->at[offset] = (uint8_t)(value >> 8);
	buffer->at[offset + 1] = (uint8_t)value;
}

static void
write_ip(struct buffer *record, const struct address *from, const struct address *to,
    uint8_t protocol, size_t size)
{
	size_t start = record->size;

	if (is_ipv6(from)) {
		buffer_u32(record, 0x60000000);
		buffer_u16(record, (uint16_t)size);
		buffer_u8(record, protocol);
		buffer_u8(record, TTL);
	} else {
		buffer_u16(record, 0x4500);
		buffer_u16(record, (uint16_t)(size + IPV4_HEADER));
		buffer_u32(record, 0x00004000); /* not to be fragmented */
		buffer_u8(record, TTL);
		buffer_u8(record, protocol);
		buffer_u16(record, 0); /* checksum: below */
	}
	buffer_bytes(record, ip_bytes(from));
	buffer_bytes(record, ip_bytes(to));
	if (!is_ipv6(from) && buffer_ok(record))
		put_at(record, start + 10,
		    sum_end(sum_add(0, bytes_part(buffer_bytes_of(record), start, IPV4_HEADER))));
}

/* The checksum over pseudo header, header and payload, put checksum_at bytes into the header. */
static void
write_checksum(struct buffer *record, size_t start, size_t checksum_at, const struct address *from,
    const struct address *to, uint8_t protocol)
{
	struct bytes segment = bytes_part(buffer_bytes_of(record), start, record->size);
	uint32_t sum = protocol + (uint32_t)segment.left;
	uint16_t checksum;

	sum = sum_add(sum, ip_bytes(from));
	sum = sum_add(sum, ip_bytes(to));
	checksum = sum_end(sum_add(sum, segment));
	put_at(record, start + checksum_at, checksum != 0 ? checksum : 0xffff);
}

/* The pcap header of a record; size is that of the IP packet. */
static void
write_record(struct buffer *record, int64_t wall_ms, size_t size)
{
	put_u32_le(record, (uint32_t)(wall_ms / 1000));
	put_u32_le(record, (uint32_t)(wall_ms % 1000) * 1000);
	put_u32_le(record, (uint32_t)size);
	put_u32_le(record, (uint32_t)size);
}

static size_t
ip_header(const struct address *address)
{
	return is_ipv6(address) ? IPV6_HEADER : IPV4_HEADER;
}

void
capture_udp(struct capture *capture, int64_t wall_ms, const struct address *from,
    const struct address *to, struct bytes payload)
{
	struct buffer *record;
	size_t start, size;

	if (capture == NULL || from->storage.ss_family != to->storage.ss_family)
		return;
	record = &capture->record;
	payload = bytes_part(payload, 0, CAPTURE_PACKET_MOST);
	size = UDP_HEADER + payload.left;
	write_record(record, wall_ms, ip_header(from) + size);
	write_ip(record, from, to, PROTOCOL_UDP, size);
	start = record->size;
	buffer_u16(record, address_port(from));
	buffer_u16(record, address_port(to));
	buffer_u16(record, (uint16_t)size);
	buffer_u16(record, 0); /* checksum: below */
	buffer_bytes(record, payload);
	write_checksum(record, start, 6, from, to, PROTOCOL_UDP);
	(void)!flush(capture);
}

/* The flow of that direction; the oldest gives way when there are too many. */
static struct flow *
flow_of(struct capture *capture, const struct address *from, const struct address *to)
{
	struct flow *flow;

	for (size_t i = 0; i < capture->flow_count; i++)
		if (address_equal(&capture->flows[i].from, from) &&
		    address_equal(&capture->flows[i].to, to))
			return &capture->flows[i];
	if (capture->flow_count < CAPTURE_FLOWS_MOST)
		flow = &capture->flows[capture->flow_count++];
	else
		flow = &capture->flows[capture->flow_oldest++ % CAPTURE_FLOWS_MOST];
	*flow = (struct flow){*from, *to, 1};
	return flow;
}

static void
tcp_segment(struct capture *capture, int64_t wall_ms, struct flow *there, uint32_t acknowledged,
    struct bytes payload)
{
	struct buffer *record = &capture->record;
	size_t start, size = TCP_HEADER + payload.left;

	write_record(record, wall_ms, ip_header(&there->from) + size);
	write_ip(record, &there->from, &there->to, PROTOCOL_TCP, size);
	start = record->size;
	buffer_u16(record, address_port(&there->from));
	buffer_u16(record, address_port(&there->to));
	buffer_u32(record, there->next);
	buffer_u32(record, acknowledged);
	buffer_u16(record, TCP_FLAGS);
	buffer_u16(record, TCP_WINDOW);
	buffer_u32(record, 0); /* checksum, urgent pointer */
	buffer_bytes(record, payload);
	write_checksum(record, start, 16, &there->from, &there->to, PROTOCOL_TCP);
	there->next += (uint32_t)payload.left;
	(void)!flush(capture);
}

void
capture_tcp(struct capture *capture, int64_t wall_ms, const struct address *from,
    const struct address *to, struct bytes payload)
{
	uint32_t acknowledged;
	struct bytes part;

	if (capture == NULL || from->storage.ss_family != to->storage.ss_family)
		return;
	acknowledged = flow_of(capture, to, from)->next;
	while (payload.left > 0) {
		part = bytes_part(payload, 0, CAPTURE_PACKET_MOST);
		tcp_segment(capture, wall_ms, flow_of(capture, from, to), acknowledged, part);
		payload = bytes_part(payload, part.left, payload.left);
	}
}
