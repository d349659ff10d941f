/* The protocol of package ptrring in C: a slot that is null is the producer's, any other the
 * consumer's. Two pinned threads, which spin bare.
 *
 *   cc -O2 -pthread ring.c -o ring; ./ring SIZE ITEMS CPU CPU seqcst|release
 *
 * Prints ns an item. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LINE 64

static struct {
    long producer;
    char pad0[LINE - sizeof(long)];
    long consumer;
    char pad1[LINE - sizeof(long)];
    long size;
    void **queue;
    char pad2[LINE - 2 * sizeof(long)];
} ring __attribute__((aligned(LINE)));

static long items;
static int cpus[2], release;

static inline void put(void **slot, void *p)
{
    if (release)
        __atomic_store_n(slot, p, __ATOMIC_RELEASE);
    else
        __atomic_store_n(slot, p, __ATOMIC_SEQ_CST);
}

static void pin(int cpu)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    if (pthread_setaffinity_np(pthread_self(), sizeof(set), &set)) {
        fprintf(stderr, "ring: cannot run on CPU %d\n", cpu);
        exit(1);
    }
}

static void *consume(void *unused)
{
    pin(cpus[1]);
    for (long n = 0; n < items;) {
        void **slot = &ring.queue[ring.consumer];

        if (!__atomic_load_n(slot, __ATOMIC_ACQUIRE))
            continue;
        put(slot, NULL);
        if (++ring.consumer == ring.size)
            ring.consumer = 0;
        n++;
    }
    return unused;
}

int main(int argc, char **argv)
{
    struct timespec a, b;
    pthread_t thread;
    int item;

    if (argc != 6) {
        fprintf(stderr, "usage: ring SIZE ITEMS CPU CPU seqcst|release\n");
        return 2;
    }
    ring.size = atol(argv[1]);
    items = atol(argv[2]);
    cpus[0] = atoi(argv[3]);
    cpus[1] = atoi(argv[4]);
    release = !strcmp(argv[5], "release");
    ring.queue = aligned_alloc(LINE, (ring.size * sizeof(void *) + LINE - 1) / LINE * LINE);
    memset(ring.queue, 0, ring.size * sizeof(void *));
    pin(cpus[0]);
    clock_gettime(CLOCK_MONOTONIC, &a);
    pthread_create(&thread, NULL, consume, NULL);
    for (long n = 0; n < items;) {
        void **slot = &ring.queue[ring.producer];

        if (__atomic_load_n(slot, __ATOMIC_ACQUIRE))
            continue;
        put(slot, &item);
        if (++ring.producer == ring.size)
            ring.producer = 0;
        n++;
    }
    pthread_join(thread, NULL);
    clock_gettime(CLOCK_MONOTONIC, &b);
    printf("%.3f\n", ((b.tv_sec - a.tv_sec) * 1e9 + (b.tv_nsec - a.tv_nsec)) / items);
    return 0;
}
