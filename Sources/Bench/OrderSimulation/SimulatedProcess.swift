import Determinism

/// One process of the simulation: it works in small steps, and can be killed, started again and stopped.
protocol SimulatedProcess: AnyObject {
    var name: ProcessName { get }
    var isAlive: Bool { get }
    /// Until when it does not run although it lives, ns.
    var stoppedUntil: UInt64 { get set }
    /// When it is started again after it ended, ns.
    var restartAt: UInt64 { get set }
    var disk: SimulatedDisk { get }
    /// Nothing waits to be taken or sent.
    var isQuiet: Bool { get }
    /// Takes records and messages, sends what follows, and saves itself now and then.
    func work() throws(ProcessEnded)
    /// It is killed: what was not flushed is gone.
    func kill()
    func restart() throws(ProcessEnded)
}
